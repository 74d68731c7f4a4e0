package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Hard links, symbolic links, and files that have lost their names. */
final class LinkCases {
  private LinkCases() {}

  static CaseList hardLinks() {
    CaseList c = new CaseList("hard links", Need.HARD_LINK);
    c.add(
        "link_twoNames_areOneInode",
        fs -> {
          fs.write("a", "x");
          fs.link("a", "b");
          assertThat(fs.stat("b").ino()).isEqualTo(fs.stat("a").ino());
          assertThat(fs.stat("a").nlink()).isEqualTo(2);
        });
    c.add(
        "link_count_followsEveryLinkAndUnlink",
        fs -> {
          fs.write("a", "x");
          for (int i = 2; i <= 20; i++) {
            fs.link("a", "l" + i);
            assertThat(fs.stat("a").nlink()).isEqualTo(i);
          }
          for (int i = 20; i >= 2; i--) {
            fs.unlink("l" + i);
            assertThat(fs.stat("a").nlink()).isEqualTo(i - 1);
          }
        });
    Map<String, PosixCase.Body> changes = new LinkedHashMap<>();
    changes.put("write", fs -> fs.write("a", "longer content"));
    changes.put("truncate", fs -> fs.truncate("a", 1));
    changes.put("chmod", fs -> fs.chmod("a", 0601));
    changes.put("utimens", fs -> fs.utimens("a", 5, 7));
    changes.put("append", fs -> fs.open("a", O_WRONLY | O_APPEND).write("more"));
    changes.put("unlinkOfThird", fs -> fs.unlink("c"));
    changes.forEach(
        (label, change) ->
            c.add(
                "link_" + label + "ThroughOneName_isSeenThroughTheOther",
                fs -> {
                  fs.write("a", "content");
                  fs.link("a", "b");
                  fs.link("a", "c");
                  Stat before = fs.stat("b");
                  change.run(fs);
                  Stat after = fs.stat("b");
                  assertThat(after).isNotEqualTo(before);
                  assertThat(after.size()).isEqualTo(fs.stat("a").size());
                  assertThat(after.mode()).isEqualTo(fs.stat("a").mode());
                  assertThat(after.mtime()).isEqualTo(fs.stat("a").mtime());
                  assertThat(after.nlink()).isEqualTo(fs.stat("a").nlink());
                  assertThat(fs.read("b")).isEqualTo(fs.read("a"));
                }));
    c.add(
        "link_writeIsReadThroughOtherNameThatIsOpen",
        fs -> {
          fs.write("a", "one");
          fs.link("a", "b");
          Fd reader = fs.open("b", O_RDONLY);
          assertThat(reader.pread(0, 9)).isEqualTo("one");
          fs.open("a", O_WRONLY).pwrite(0, "two");
          assertThat(reader.pread(0, 9)).isEqualTo("two");
        });
    c.add(
        "link_firstNameRemoved_contentStays",
        fs -> {
          fs.write("a", "x");
          fs.link("a", "b");
          fs.unlink("a");
          assertThat(fs.read("b")).isEqualTo("x");
          assertThat(fs.stat("b").nlink()).isEqualTo(1);
        });
    c.add(
        "link_toOtherDirectory_works",
        fs -> {
          fs.write("a", "x");
          fs.mkdir("d");
          fs.link("a", "d/b");
          assertThat(fs.read("d/b")).isEqualTo("x");
        });
    c.add(
        "link_ofSymlink_isALinkToTheSymlink",
        fs -> {
          fs.symlink("missing", "s");
          fs.link("s", "t");
          assertThat(fs.readlink("t")).isEqualTo("missing");
          assertThat(fs.lstat("s").nlink()).isEqualTo(2);
        });
    c.add(
        "link_followingSymlink_isALinkToTheTarget",
        fs -> {
          fs.write("a", "x");
          fs.symlink("a", "s");
          fs.link("s", "b", AT_SYMLINK_FOLLOW);
          assertThat(fs.lstat("b").ino()).isEqualTo(fs.stat("a").ino());
        });
    c.add(
        "link_directory_failsWithEperm",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EPERM, () -> fs.link("d", "e"));
        });
    c.add(
        "link_fifo_works",
        fs -> {
          fs.mkfifo("p", 0644);
          fs.link("p", "q");
          assertThat(fs.lstat("q").nlink()).isEqualTo(2);
        });
    c.add(
        "link_renameOfOneName_keepsTheOther",
        fs -> {
          fs.write("a", "x");
          fs.link("a", "b");
          fs.rename("a", "c");
          assertThat(fs.list(".")).containsExactly("b", "c");
          assertThat(fs.stat("c").ino()).isEqualTo(fs.stat("b").ino());
        });
    c.add(
        "link_nameReplacedByNewFile_isAnotherInode",
        fs -> {
          fs.write("a", "x");
          fs.link("a", "b");
          fs.unlink("a");
          fs.write("a", "other");
          assertThat(fs.stat("a").ino()).isNotEqualTo(fs.stat("b").ino());
          assertThat(fs.read("b")).isEqualTo("x");
        });
    return c;
  }

  static CaseList symlinks() {
    CaseList c = new CaseList("symbolic links");
    for (int length : new int[] {1, 59, 60, 255, 256, 1000, 4095}) {
      c.add(
          "symlink_targetOf" + length + "Bytes_readsBack",
          fs -> {
            String target = pattern(length).replace('-', '/');
            fs.symlink(target, "s");
            assertThat(fs.readlink("s")).isEqualTo(target);
            assertThat(fs.lstat("s").size()).isEqualTo(length);
          });
    }
    c.add(
        "symlink_targetOf4096Bytes_failsWithEnametoolong",
        fs -> expect(Errno.ENAMETOOLONG, () -> fs.symlink("t".repeat(4096), "s")));
    c.add(
        "symlink_emptyTarget_failsWithEnoent",
        fs -> expect(Errno.ENOENT, () -> fs.symlink("", "s")));
    for (String target : new String[] {"a\nb", "\u00ff\u00fe", "//x//", "../..", "a b ", "\\"}) {
      String label = target.chars().mapToObj(Integer::toHexString).toList().toString();
      c.add(
          "symlink_targetWithBytes" + label + "_isKeptByteForByte",
          fs -> {
            fs.symlink(target, "s");
            assertThat(fs.readlink("s")).isEqualTo(target);
          });
    }
    c.add(
        "symlink_mode_is0777WhateverTheUmask",
        fs -> {
          Posix.umask(077);
          fs.symlink("a", "s");
          assertThat(fs.lstat("s").mode()).isEqualTo(S_IFLNK | 0777);
        });
    c.add(
        "symlink_dangling_lstatWorksStatDoesNot",
        fs -> {
          fs.symlink("missing", "s");
          assertThat(fs.lstat("s").type()).isEqualTo(S_IFLNK);
          expect(Errno.ENOENT, () -> fs.stat("s"));
        });
    c.add(
        "symlink_absoluteTarget_isFollowed",
        fs -> {
          fs.write("a", "x");
          fs.symlink(fs.path("a"), "s");
          assertThat(fs.read("s")).isEqualTo("x");
        });
    c.add(
        "symlink_relativeTarget_startsAtTheLinksDirectory",
        fs -> {
          fs.mkdir("d");
          fs.write("a", "x");
          fs.symlink("../a", "d/s");
          assertThat(fs.read("d/s")).isEqualTo("x");
        });
    c.add(
        "symlink_chainOf40_isFollowed",
        fs -> {
          fs.write("s0", "x");
          for (int i = 1; i <= 40; i++) {
            fs.symlink("s" + (i - 1), "s" + i);
          }
          assertThat(fs.read("s40")).isEqualTo("x");
        });
    c.add(
        "symlink_chainOf41_failsWithEloop",
        fs -> {
          fs.write("s0", "x");
          for (int i = 1; i <= 41; i++) {
            fs.symlink("s" + (i - 1), "s" + i);
          }
          expect(Errno.ELOOP, () -> fs.stat("s41"));
        });
    c.add(
        "symlink_toItself_failsWithEloop",
        fs -> {
          fs.symlink("s", "s");
          expect(Errno.ELOOP, () -> fs.stat("s"));
          assertThat(fs.readlink("s")).isEqualTo("s");
        });
    c.add(
        "readlink_shortBuffer_isCut",
        fs -> {
          fs.symlink("0123456789", "s");
          assertThat(fs.readlink("s", 4)).isEqualTo("0123");
        });
    c.add(
        "readlink_file_failsWithEinval",
        fs -> {
          fs.write("a", "");
          expect(Errno.EINVAL, () -> fs.readlink("a"));
        });
    c.add(
        "unlink_symlink_leavesTheTarget",
        fs -> {
          fs.write("a", "x");
          fs.symlink("a", "s");
          fs.unlink("s");
          assertThat(fs.list(".")).containsExactly("a");
        });
    c.add(
        "symlink_removedAndMadeAgain_hasTheNewTarget",
        fs -> {
          fs.symlink("one", "s");
          assertThat(fs.readlink("s")).isEqualTo("one");
          fs.unlink("s");
          fs.symlink("another", "s");
          assertThat(fs.readlink("s")).isEqualTo("another");
          assertThat(fs.lstat("s").size()).isEqualTo(7);
        });
    c.add(
        "truncate_throughSymlink_changesTheTarget",
        fs -> {
          fs.write("a", "content");
          fs.symlink("a", "s");
          fs.truncate("s", 3);
          assertThat(List.of(fs.read("a"), fs.readlink("s"))).isEqualTo(List.of("con", "a"));
        });
    return c;
  }
}
