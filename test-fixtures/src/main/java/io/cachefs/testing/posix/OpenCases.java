package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;

/** The flags of open. */
final class OpenCases {
  private OpenCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("open");
    creation(c);
    restrictions(c);
    append(c);
    pathOnly(c);
    return c;
  }

  private static void creation(CaseList c) {
    c.add(
        "open_creat_makesEmptyRegularFile",
        fs -> {
          Stat stat = fs.open("a", O_CREAT | O_WRONLY, 0640).stat();
          assertThat(stat.type()).isEqualTo(S_IFREG);
          assertThat(stat.perm()).isEqualTo(0640);
          assertThat(stat.size()).isZero();
          assertThat(stat.nlink()).isEqualTo(1);
        });
    c.add(
        "open_creatOnExistingFile_keepsContentAndMode",
        fs -> {
          fs.write("a", "content");
          fs.chmod("a", 0604);
          fs.open("a", O_CREAT | O_RDWR, 0777).close();
          assertThat(fs.read("a")).isEqualTo("content");
          assertThat(fs.stat("a").perm()).isEqualTo(0604);
        });
    c.add(
        "open_creatExclOnExistingFile_failsWithEexist",
        fs -> {
          fs.write("a", "");
          expect(Errno.EEXIST, () -> fs.open("a", O_CREAT | O_EXCL | O_WRONLY, 0644));
        });
    c.add(
        "open_creatExclOnDirectory_failsWithEexist",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EEXIST, () -> fs.open("d", O_CREAT | O_EXCL | O_RDONLY, 0644));
        });
    c.add(
        "open_creatExclOnDanglingSymlink_failsWithEexist",
        fs -> {
          fs.symlink("nothing", "s");
          expect(Errno.EEXIST, () -> fs.open("s", O_CREAT | O_EXCL | O_WRONLY, 0644));
          assertThat(fs.exists("nothing")).isFalse();
        });
    c.add(
        "open_creatExclInTwoThreads_letsOneWin",
        fs -> {
          long winners =
              IntStream.range(0, 8)
                  .parallel()
                  .filter(
                      i -> {
                        try {
                          fs.open("a", O_CREAT | O_EXCL | O_WRONLY, 0644).close();
                          return true;
                        } catch (PosixException e) {
                          return e.errno() != Errno.EEXIST;
                        }
                      })
                  .count();
          assertThat(winners).isEqualTo(1);
        });
    c.add(
        "open_creatThroughDanglingSymlink_createsTarget",
        fs -> {
          fs.symlink("target", "s");
          fs.open("s", O_CREAT | O_WRONLY, 0644).close();
          assertThat(fs.lstat("target").type()).isEqualTo(S_IFREG);
        });
    c.add(
        "open_creatWithReadOnlyMode_stillWritesThroughThisDescriptor",
        fs -> {
          assertThat(fs.open("a", O_CREAT | O_RDWR, 0400).write("x")).isEqualTo(1);
          assertThat(fs.stat("a").perm()).isEqualTo(0400);
        });
    c.add(
        "open_creatReadOnlyModeAsUser_stillWritesThroughThisDescriptor",
        fs -> {
          fs.chmod(".", 0777);
          as(
              ALICE,
              () -> {
                Fd fd = fs.open("a", O_CREAT | O_WRONLY, 0);
                assertThat(fd.write("x")).isEqualTo(1);
                expect(Errno.EACCES, () -> fs.open("a", O_RDONLY));
              });
        },
        Need.OTHER_USERS);
    c.add(
        "open_trunc_emptiesFileAndKeepsInode",
        fs -> {
          fs.write("a", "content");
          long ino = fs.stat("a").ino();
          assertThat(fs.open("a", O_WRONLY | O_TRUNC).size()).isZero();
          assertThat(fs.stat("a").ino()).isEqualTo(ino);
        });
    c.add(
        "open_truncOfFileThatIsOpen_isSeenByTheOtherDescriptor",
        fs -> {
          fs.write("a", "content");
          Fd reader = fs.open("a", O_RDONLY);
          assertThat(reader.read(3)).isEqualTo("con");
          fs.open("a", O_WRONLY | O_TRUNC).close();
          assertThat(reader.read(3)).isEmpty();
          assertThat(reader.size()).isZero();
        });
    c.add(
        "open_creatOnDirectory_failsWithEisdir",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EISDIR, () -> fs.open("d", O_CREAT | O_RDWR, 0644));
        });
  }

  private static void restrictions(CaseList c) {
    for (int mode : new int[] {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC}) {
      String name = mode == O_WRONLY ? "writeOnly" : mode == O_RDWR ? "readWrite" : "truncate";
      c.add(
          "open_directoryFor_" + name + "_failsWithEisdir",
          fs -> {
            fs.mkdir("d");
            expect(Errno.EISDIR, () -> fs.open("d", mode));
          });
    }
    c.add(
        "open_directoryFlagOnFile_failsWithEnotdir",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENOTDIR, () -> fs.open("a", O_RDONLY | O_DIRECTORY));
        });
    c.add(
        "open_directoryFlagOnSymlinkToDirectory_opensTheDirectory",
        fs -> {
          fs.mkdir("d");
          fs.symlink("d", "s");
          assertThat(fs.open("s", O_RDONLY | O_DIRECTORY).stat().ino())
              .isEqualTo(fs.stat("d").ino());
        });
    c.add(
        "open_nofollowOnSymlink_failsWithEloop",
        fs -> {
          fs.write("a", "");
          fs.symlink("a", "s");
          expect(Errno.ELOOP, () -> fs.open("s", O_RDONLY | O_NOFOLLOW));
        });
    c.add(
        "open_nofollowWithSymlinkInTheMiddle_follows",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "x");
          fs.symlink("d", "s");
          assertThat(fs.open("s/a", O_RDONLY | O_NOFOLLOW).read(9)).isEqualTo("x");
        });
    c.add(
        "open_socketNode_failsWithEnxio",
        fs -> {
          fs.mknod("s", S_IFSOCK | 0644, 0, 0);
          expect(Errno.ENXIO, () -> fs.open("s", O_RDONLY));
        },
        Need.MKNOD);
    c.add(
        "write_onReadOnlyDescriptor_failsWithEbadf",
        fs -> {
          fs.write("a", "");
          expect(Errno.EBADF, () -> fs.open("a", O_RDONLY).write("x"));
        });
    c.add(
        "read_onWriteOnlyDescriptor_failsWithEbadf",
        fs -> expect(Errno.EBADF, () -> fs.open("a", O_WRONLY | O_CREAT, 0644).read(1)));
    c.add(
        "read_onDirectory_failsWithEisdir",
        fs -> expect(Errno.EISDIR, () -> fs.open(".", O_RDONLY).read(1)));
    c.add(
        "ftruncate_onReadOnlyDescriptor_failsWithEinval",
        fs -> {
          fs.write("a", "");
          expect(Errno.EINVAL, () -> fs.open("a", O_RDONLY).truncate(1));
        });
    c.add(
        "open_syncFlags_writeReadsBack",
        fs -> {
          for (int flag : new int[] {O_SYNC, O_DSYNC}) {
            Fd fd = fs.open("a" + flag, O_CREAT | O_RDWR | flag, 0644);
            assertThat(fd.write("synced")).isEqualTo(6);
            assertThat(fd.pread(0, 10)).isEqualTo("synced");
            assertThat(fd.flags() & flag).isEqualTo(flag);
          }
        });
  }

  private static void append(CaseList c) {
    c.add(
        "append_writesAtTheEndWhereverThePositionIs",
        fs -> {
          fs.write("a", "one");
          Fd fd = fs.open("a", O_RDWR | O_APPEND);
          fd.seek(0, SEEK_SET);
          fd.write("two");
          assertThat(fs.read("a")).isEqualTo("onetwo");
          assertThat(fd.seek(0, SEEK_CUR)).isEqualTo(6);
        });
    c.add(
        "append_twoDescriptorsInTurns_loseNothing",
        fs -> {
          fs.write("a", "");
          Fd one = fs.open("a", O_WRONLY | O_APPEND);
          Fd two = fs.open("a", O_WRONLY | O_APPEND);
          for (int i = 0; i < 5; i++) {
            one.write("1");
            two.write("2");
          }
          assertThat(fs.read("a")).isEqualTo("1212121212");
        });
    c.add(
        "append_fromManyThreads_everyRecordIsWhole",
        fs -> {
          fs.write("a", "");
          IntStream.range(0, 8)
              .parallel()
              .forEach(
                  t -> {
                    try (Fd fd = fs.open("a", O_WRONLY | O_APPEND)) {
                      for (int i = 0; i < 25; i++) {
                        fd.write("<" + String.valueOf(t).repeat(98) + ">");
                      }
                    }
                  });
          String content = fs.read("a");
          assertThat(content).hasSize(8 * 25 * 100);
          for (int at = 0; at < content.length(); at += 100) {
            char first = content.charAt(at + 1);
            assertThat(content.substring(at, at + 100))
                .isEqualTo("<" + String.valueOf(first).repeat(98) + ">");
          }
        });
    c.add(
        "append_pwriteIgnoresItsOffset",
        fs -> {
          fs.write("a", "one");
          fs.open("a", O_WRONLY | O_APPEND).pwrite(0, "two");
          assertThat(fs.read("a")).isEqualTo("onetwo");
        });
    c.add(
        "append_afterTruncateByOther_writesAtTheNewEnd",
        fs -> {
          fs.write("a", "0123456789");
          Fd fd = fs.open("a", O_WRONLY | O_APPEND);
          fs.truncate("a", 2);
          fd.write("x");
          assertThat(fs.read("a")).isEqualTo("01x");
        });
    c.add(
        "append_setAndClearedWithFcntl_takesEffect",
        fs -> {
          fs.write("a", "one");
          Fd fd = fs.open("a", O_WRONLY);
          fd.flags(O_APPEND);
          fd.write("two");
          fd.flags(0);
          fd.pwrite(0, "O");
          assertThat(fs.read("a")).isEqualTo("Onetwo");
        });
  }

  private static void pathOnly(CaseList c) {
    c.add(
        "path_descriptor_refusesReadAndWrite",
        fs -> {
          fs.write("a", "x");
          Fd fd = fs.open("a", O_PATH);
          expect(Errno.EBADF, () -> fd.read(1));
          expect(Errno.EBADF, () -> fd.write("y"));
        });
    c.add(
        "path_descriptor_canBeStated",
        fs -> {
          fs.write("a", "x");
          assertThat(fs.open("a", O_PATH).stat().ino()).isEqualTo(fs.stat("a").ino());
        });
    c.add(
        "path_nofollowOnSymlink_refersToTheLink",
        fs -> {
          fs.symlink("nothing", "s");
          assertThat(fs.open("s", O_PATH | O_NOFOLLOW).stat().type()).isEqualTo(S_IFLNK);
        });
    c.add(
        "path_descriptorOfUnreadableFile_opensForOtherUser",
        fs -> {
          fs.file("a", 0);
          as(ALICE, () -> assertThat(fs.open("a", O_PATH).stat().perm()).isZero());
        },
        Need.OTHER_USERS);
    c.add(
        "path_descriptorOfDirectory_worksAsStartOfNames",
        fs -> {
          fs.mkdir("d");
          Posix inside = fs.at(fs.open("d", O_PATH | O_DIRECTORY));
          inside.write("a", "x");
          assertThat(fs.read("d/a")).isEqualTo("x");
        });
    c.add(
        "path_reopenThroughProc_readsTheFile",
        fs -> {
          fs.write("a", "x");
          Fd fd = fs.open("a", O_PATH);
          fs.rename("a", "b");
          assertThat(fs.open(fd.procPath(), O_RDONLY).read(5)).isEqualTo("x");
        });
  }
}
