package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Extended attributes and inode flags. */
final class XattrCases {
  private XattrCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("extended attributes", Need.XATTR);
    values(c);
    names(c);
    errors(c);
    kinds(c);
    return c;
  }

  private static void values(CaseList c) {
    for (int size : new int[] {0, 1, 100, 255, 1000, 3000}) {
      c.add(
          "xattr_valueOf" + size + "Bytes_readsBack",
          fs -> {
            fs.write("a", "");
            fs.setxattr("a", "user.a", pattern(size), 0);
            assertThat(fs.getxattr("a", "user.a")).isEqualTo(pattern(size));
            assertThat(fs.getxattrSize("a", "user.a")).isEqualTo(size);
          });
    }
    c.add(
        "xattr_binaryValue_isKeptByteForByte",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.a", "\0\u0001\u00ff\n\0", 0);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("\0\u0001\u00ff\n\0");
        });
    c.add(
        "xattr_setTwice_hasTheNewValue",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.a", "a long first value", 0);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("a long first value");
          fs.setxattr("a", "user.a", "short", 0);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("short");
        });
    c.add(
        "xattr_valueOver65536Bytes_failsWithE2big",
        fs -> {
          fs.write("a", "");
          expect(Errno.E2BIG, () -> fs.setxattr("a", "user.a", "x".repeat(65537), 0));
        });
    c.add(
        "xattr_descriptorAndName_seeTheSame",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.setxattr("user.a", "one", 0);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("one");
          fs.setxattr("a", "user.b", "two", 0);
          assertThat(fd.getxattr("user.b")).isEqualTo("two");
          fd.removexattr("user.a");
          assertThat(fs.listxattr("a")).containsExactly("user.b");
          assertThat(fd.listxattr()).containsExactly("user.b");
        });
    c.add(
        "xattr_survivesRenameWriteAndChmod",
        fs -> {
          fs.write("a", "x");
          fs.setxattr("a", "user.a", "value", 0);
          fs.write("a", "other");
          fs.chmod("a", 0600);
          fs.rename("a", "b");
          assertThat(fs.getxattr("b", "user.a")).isEqualTo("value");
        });
    c.add(
        "xattr_ofHardLinks_isShared",
        fs -> {
          fs.write("a", "x");
          fs.link("a", "b");
          fs.setxattr("a", "user.a", "value", 0);
          assertThat(fs.getxattr("b", "user.a")).isEqualTo("value");
        },
        Need.HARD_LINK);
  }

  private static void names(CaseList c) {
    c.add(
        "listxattr_hasEveryName",
        fs -> {
          fs.write("a", "");
          assertThat(fs.listxattr("a")).isEmpty();
          for (String name : List.of("user.one", "user.two", "user.three.with.dots")) {
            fs.setxattr("a", name, "x", 0);
          }
          assertThat(fs.listxattr("a"))
              .containsExactly("user.one", "user.three.with.dots", "user.two");
        });
    c.add(
        "removexattr_takesTheNameFromTheList",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.one", "x", 0);
          fs.setxattr("a", "user.two", "x", 0);
          fs.removexattr("a", "user.one");
          assertThat(fs.listxattr("a")).containsExactly("user.two");
          expect(Errno.ENODATA, () -> fs.getxattr("a", "user.one"));
        });
    c.add(
        "listxattr_emptyBuffer_answersTheSize",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.one", "x", 0);
          assertThat(fs.listxattrSize("a", 0)).isEqualTo(9);
        });
    c.add(
        "listxattr_shortBuffer_failsWithErange",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.one", "x", 0);
          expect(Errno.ERANGE, () -> fs.listxattrSize("a", 8));
          assertThat(fs.listxattrSize("a", 9)).isEqualTo(9);
        });
    c.add(
        "xattr_nameOf255Bytes_works",
        fs -> {
          fs.write("a", "");
          String name = "user." + "n".repeat(250);
          fs.setxattr("a", name, "x", 0);
          assertThat(fs.listxattr("a")).containsExactly(name);
        });
    c.add(
        "xattr_nameOf256Bytes_failsWithErange",
        fs -> {
          fs.write("a", "");
          expect(Errno.ERANGE, () -> fs.setxattr("a", "user." + "n".repeat(251), "x", 0));
        });
    c.add(
        "xattr_nameWithAnyBytes_isKept",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.\u00ff \n", "x", 0);
          assertThat(fs.listxattr("a")).containsExactly("user.\u00ff \n");
        });
    c.add(
        "xattr_namesDifferByCase",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.a", "small", 0);
          fs.setxattr("a", "user.A", "large", 0);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("small");
        });
  }

  private static void errors(CaseList c) {
    c.add(
        "setxattr_createExisting_failsWithEexist",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.a", "one", XATTR_CREATE);
          expect(Errno.EEXIST, () -> fs.setxattr("a", "user.a", "two", XATTR_CREATE));
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("one");
        });
    c.add(
        "setxattr_replaceMissing_failsWithEnodata",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENODATA, () -> fs.setxattr("a", "user.a", "x", XATTR_REPLACE));
          assertThat(fs.listxattr("a")).isEmpty();
        });
    c.add(
        "setxattr_replaceExisting_works",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.a", "one", 0);
          fs.setxattr("a", "user.a", "two", XATTR_REPLACE);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("two");
        });
    c.add(
        "getxattr_missing_failsWithEnodata",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENODATA, () -> fs.getxattr("a", "user.a"));
        });
    c.add(
        "removexattr_missing_failsWithEnodata",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENODATA, () -> fs.removexattr("a", "user.a"));
        });
    c.add(
        "getxattr_shortBuffer_failsWithErange",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "user.a", "0123456789", 0);
          expect(Errno.ERANGE, () -> fs.getxattr("a", "user.a", 9));
          assertThat(fs.getxattr("a", "user.a", 10)).isEqualTo("0123456789");
        });
    c.add(
        "xattr_unknownNamespace_failsWithEopnotsupp",
        fs -> {
          fs.write("a", "");
          expect(Errno.EOPNOTSUPP, () -> fs.setxattr("a", "nonsense.a", "x", 0));
          expect(Errno.EOPNOTSUPP, () -> fs.getxattr("a", "nonsense.a"));
        });
    c.add(
        "xattr_emptyName_failsWithErange",
        fs -> {
          fs.write("a", "");
          expect(Errno.ERANGE, () -> fs.setxattr("a", "", "x", 0));
        });
  }

  private static void kinds(CaseList c) {
    c.add(
        "xattr_onDirectory_works",
        fs -> {
          fs.mkdir("d");
          fs.setxattr("d", "user.a", "value", 0);
          fs.write("d/a", "");
          assertThat(fs.getxattr("d", "user.a")).isEqualTo("value");
          assertThat(fs.listxattr("d/a")).isEmpty();
        });
    c.add(
        "xattr_userOnSymlink_failsWithEperm",
        fs -> {
          fs.symlink("x", "s");
          expect(Errno.EPERM, () -> fs.lsetxattr("s", "user.a", "x", 0));
        });
    c.add(
        "xattr_userOnFifo_failsWithEperm",
        fs -> {
          fs.mkfifo("p", 0644);
          expect(Errno.EPERM, () -> fs.setxattr("p", "user.a", "x", 0));
        });
    c.add(
        "xattr_throughSymlink_isTheTargets",
        fs -> {
          fs.write("a", "");
          fs.symlink("a", "s");
          fs.setxattr("s", "user.a", "value", 0);
          assertThat(fs.getxattr("a", "user.a")).isEqualTo("value");
          assertThat(fs.llistxattr("s")).isEmpty();
        });
    c.add(
        "xattr_trustedAsRoot_works",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", "trusted.a", "value", 0);
          assertThat(fs.getxattr("a", "trusted.a")).isEqualTo("value");
          assertThat(fs.listxattr("a")).containsExactly("trusted.a");
        },
        Need.ROOT);
    c.add(
        "xattr_trustedOnSymlink_works",
        fs -> {
          fs.symlink("x", "s");
          fs.lsetxattr("s", "trusted.a", "value", 0);
          assertThat(fs.lgetxattr("s", "trusted.a")).isEqualTo("value");
          fs.lremovexattr("s", "trusted.a");
          assertThat(fs.llistxattr("s")).isEmpty();
        },
        Need.ROOT);
    c.add(
        "xattr_trustedAsUser_isHiddenAndRefused",
        fs -> {
          fs.file("a", 0666);
          fs.setxattr("a", "trusted.a", "value", 0);
          as(
              ALICE,
              () -> {
                expect(Errno.ENODATA, () -> fs.getxattr("a", "trusted.a"));
                expect(Errno.EPERM, () -> fs.setxattr("a", "trusted.b", "x", 0));
                assertThat(fs.listxattr("a")).isEmpty();
              });
        },
        Need.OTHER_USERS);
    c.add(
        "xattr_userOnStickyDirectoryOfOther_failsWithEperm",
        fs -> {
          fs.dir("d", 01777);
          as(ALICE, () -> expect(Errno.EPERM, () -> fs.setxattr("d", "user.a", "x", 0)));
        },
        Need.OTHER_USERS);
    c.add(
        "capability_ofFile_isClearedByWrite",
        fs -> {
          fs.file("a", 0777);
          fs.setxattr("a", "security.capability", CAPABILITY, 0);
          assertThat(fs.listxattr("a")).contains("security.capability");
          fs.open("a", O_WRONLY).write("x");
          assertThat(fs.listxattr("a")).doesNotContain("security.capability");
        },
        Need.ROOT);
  }

  /** Revision 2: one permitted capability, CAP_NET_RAW. */
  private static final String CAPABILITY =
      "\0\0\0\u0002" + "\0 \0\0" + "\0\0\0\0" + "\0\0\0\0" + "\0\0\0\0";

  static CaseList inodeFlags() {
    CaseList c = new CaseList("inode flags", Need.IOCTL_FLAGS);
    c.add(
        "inodeFlags_nodump_readsBackOnFile",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          int before = fd.inodeFlags();
          fd.inodeFlags(before | FS_NODUMP_FL);
          assertThat(fs.open("a", O_RDONLY).inodeFlags() & FS_NODUMP_FL).isEqualTo(FS_NODUMP_FL);
          fd.inodeFlags(before);
          assertThat(fd.inodeFlags()).isEqualTo(before);
        });
    c.add(
        "inodeFlags_nodump_readsBackOnDirectory",
        fs -> {
          fs.mkdir("d");
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          fd.inodeFlags(fd.inodeFlags() | FS_NODUMP_FL);
          assertThat(fd.inodeFlags() & FS_NODUMP_FL).isEqualTo(FS_NODUMP_FL);
        });
    c.add(
        "inodeFlags_immutable_refusesEveryChange",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDONLY);
          int before = fd.inodeFlags();
          fd.inodeFlags(before | FS_IMMUTABLE_FL);
          try {
            expect(Errno.EPERM, () -> fs.open("a", O_WRONLY));
            expect(Errno.EPERM, () -> fs.unlink("a"));
            expect(Errno.EPERM, () -> fs.rename("a", "b"));
            expect(Errno.EPERM, () -> fs.link("a", "b"));
            expect(Errno.EPERM, () -> fs.chmod("a", 0600));
            expect(Errno.EPERM, () -> fs.truncate("a", 0));
            assertThat(fs.read("a")).isEqualTo("content");
          } finally {
            fd.inodeFlags(before);
          }
        },
        Need.ROOT);
    c.add(
        "inodeFlags_appendOnly_allowsNothingButAppending",
        fs -> {
          fs.write("a", "one");
          Fd fd = fs.open("a", O_RDONLY);
          int before = fd.inodeFlags();
          fd.inodeFlags(before | FS_APPEND_FL);
          try {
            expect(Errno.EPERM, () -> fs.open("a", O_WRONLY));
            expect(Errno.EPERM, () -> fs.open("a", O_WRONLY | O_APPEND | O_TRUNC));
            expect(Errno.EPERM, () -> fs.unlink("a"));
            fs.open("a", O_WRONLY | O_APPEND).write("two");
            assertThat(fs.read("a")).isEqualTo("onetwo");
          } finally {
            fd.inodeFlags(before);
          }
        },
        Need.ROOT);
    c.add(
        "inodeFlags_immutableAsUser_failsWithEperm",
        fs -> {
          fs.write("a", "");
          fs.chown("a", ALICE, ALICE);
          as(
              ALICE,
              () -> {
                Fd fd = fs.open("a", O_RDONLY);
                expect(Errno.EPERM, () -> fd.inodeFlags(fd.inodeFlags() | FS_IMMUTABLE_FL));
              });
        },
        Need.OTHER_USERS);
    return c;
  }
}
