package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Renames with and without flags. */
final class RenameCases {
  private RenameCases() {}

  /** What can be at a name. */
  private static Map<String, PosixCase.Body> kinds(String name) {
    Map<String, PosixCase.Body> kinds = new LinkedHashMap<>();
    kinds.put("File", fs -> fs.write(name, "content of " + name));
    kinds.put("Symlink", fs -> fs.symlink("target of " + name, name));
    kinds.put("Fifo", fs -> fs.mkfifo(name, 0644));
    kinds.put("EmptyDirectory", fs -> fs.mkdir(name));
    kinds.put(
        "NonEmptyDirectory",
        fs -> {
          fs.mkdir(name);
          fs.write(name + "/inside", "x");
        });
    return kinds;
  }

  static CaseList cases() {
    CaseList c = new CaseList("rename");
    kinds("old")
        .forEach(
            (from, make) -> {
              moved(c, from, make);
              kinds("new").forEach((to, makeTo) -> combination(c, from, make, to, makeTo));
              kinds("new").forEach((to, makeTo) -> exchange(c, from, make, to, makeTo));
            });
    identity(c);
    directories(c);
    flags(c);
    return c;
  }

  private static void moved(CaseList c, String from, PosixCase.Body make) {
    c.add(
        "rename_" + from + "ToFreeName_keepsInode",
        fs -> {
          make.run(fs);
          Stat before = fs.lstat("old");
          fs.rename("old", "new");
          Stat after = fs.lstat("new");
          assertThat(List.of(after.ino(), after.mode(), after.nlink()))
              .isEqualTo(List.of(before.ino(), before.mode(), before.nlink()));
          assertThat(after.mtime()).isEqualTo(before.mtime());
          assertThat(fs.list(".")).containsExactly("new");
        });
    c.add(
        "rename_" + from + "ToOtherDirectory_keepsInode",
        fs -> {
          make.run(fs);
          fs.mkdir("d");
          long ino = fs.lstat("old").ino();
          fs.rename("old", "d/new");
          assertThat(fs.lstat("d/new").ino()).isEqualTo(ino);
          assertThat(fs.exists("old")).isFalse();
        });
  }

  private static void combination(
      CaseList c, String from, PosixCase.Body make, String to, PosixCase.Body makeTo) {
    boolean fromDir = from.endsWith("Directory");
    boolean toDir = to.endsWith("Directory");
    Errno errno = null;
    if (fromDir && !toDir) {
      errno = Errno.ENOTDIR;
    } else if (!fromDir && toDir) {
      errno = Errno.EISDIR;
    } else if (to.equals("NonEmptyDirectory")) {
      errno = Errno.ENOTEMPTY;
    }
    Errno expected = errno;
    String end = expected == null ? "_replacesIt" : "_failsWith" + expected;
    c.add(
        "rename_" + from + "Over" + to + end,
        fs -> {
          make.run(fs);
          makeTo.run(fs);
          long oldIno = fs.lstat("old").ino();
          long newIno = fs.lstat("new").ino();
          if (expected == null) {
            fs.rename("old", "new");
            assertThat(fs.list(".")).containsExactly("new");
            assertThat(fs.lstat("new").ino()).isEqualTo(oldIno);
          } else {
            expect(expected, () -> fs.rename("old", "new"));
            assertThat(fs.lstat("old").ino()).isEqualTo(oldIno);
            assertThat(fs.lstat("new").ino()).isEqualTo(newIno);
          }
        });
  }

  private static void exchange(
      CaseList c, String from, PosixCase.Body make, String to, PosixCase.Body makeTo) {
    if (from.equals("Fifo") || to.equals("Fifo")) {
      return;
    }
    c.add(
        "renameExchange_" + from + "With" + to + "_swapsThem",
        fs -> {
          make.run(fs);
          makeTo.run(fs);
          long oldIno = fs.lstat("old").ino();
          long newIno = fs.lstat("new").ino();
          fs.rename("old", "new", RENAME_EXCHANGE);
          assertThat(fs.lstat("old").ino()).isEqualTo(newIno);
          assertThat(fs.lstat("new").ino()).isEqualTo(oldIno);
          assertThat(fs.list(".")).containsExactly("new", "old");
        },
        Need.RENAME_FLAGS);
  }

  private static void identity(CaseList c) {
    c.add(
        "rename_toItself_changesNothing",
        fs -> {
          fs.write("a", "content");
          fs.rename("a", "a");
          assertThat(fs.read("a")).isEqualTo("content");
        });
    c.add(
        "rename_overHardLinkOfItself_keepsBothNames",
        fs -> {
          fs.write("a", "x");
          fs.link("a", "b");
          fs.rename("a", "b");
          assertThat(fs.list(".")).containsExactly("a", "b");
          assertThat(fs.stat("a").nlink()).isEqualTo(2);
        },
        Need.HARD_LINK);
    c.add(
        "rename_openFile_goesOnUnderTheNewName",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.write("one");
          fs.rename("a", "b");
          fd.write("two");
          assertThat(fs.read("b")).isEqualTo("onetwo");
          assertThat(fs.exists("a")).isFalse();
        });
    c.add(
        "rename_overOpenFile_keepsTheReplacedContentForItsReader",
        fs -> {
          fs.write("a", "new");
          fs.write("b", "replaced");
          Fd fd = fs.open("b", O_RDONLY);
          fs.rename("a", "b");
          assertThat(fd.read(20)).isEqualTo("replaced");
          assertThat(fd.stat().nlink()).isZero();
          assertThat(fs.read("b")).isEqualTo("new");
        },
        Need.HANDLE_BASED);
    c.add(
        "rename_overHardLinkedFile_leavesItsOtherName",
        fs -> {
          fs.write("a", "new");
          fs.write("b", "kept");
          fs.link("b", "c");
          fs.rename("a", "b");
          assertThat(fs.read("c")).isEqualTo("kept");
          assertThat(fs.stat("c").nlink()).isEqualTo(1);
        },
        Need.HARD_LINK);
    c.add(
        "rename_symlink_movesTheLinkNotItsTarget",
        fs -> {
          fs.write("a", "x");
          fs.symlink("a", "s");
          fs.rename("s", "t");
          assertThat(fs.readlink("t")).isEqualTo("a");
          assertThat(fs.read("a")).isEqualTo("x");
        });
    c.add(
        "rename_hundredTimes_contentStays",
        fs -> {
          fs.write("n0", "content");
          for (int i = 0; i < 100; i++) {
            fs.rename("n" + i, "n" + (i + 1));
          }
          assertThat(fs.read("n100")).isEqualTo("content");
          assertThat(fs.list(".")).containsExactly("n100");
        });
    c.add(
        "rename_replacePattern_readerSeesOldOrNewNeverNothing",
        fs -> {
          fs.write("a", "0");
          for (int i = 1; i <= 50; i++) {
            fs.write("a.tmp", String.valueOf(i));
            fs.rename("a.tmp", "a");
            assertThat(fs.read("a")).isEqualTo(String.valueOf(i));
          }
        });
  }

  private static void directories(CaseList c) {
    c.add(
        "rename_directoryIntoItself_failsWithEinval",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EINVAL, () -> fs.rename("d", "d/e"));
        });
    c.add(
        "rename_directoryIntoItsGrandchild_failsWithEinval",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          expect(Errno.EINVAL, () -> fs.rename("d", "d/e/f"));
        });
    c.add(
        "rename_directoryOverItsAncestor_failsWithEnotempty",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          expect(Errno.ENOTEMPTY, () -> fs.rename("d/e", "d"));
        });
    c.add(
        "rename_directoryToOtherParent_updatesDotDot",
        fs -> {
          fs.mkdir("a");
          fs.mkdir("b");
          fs.mkdir("a/d");
          Fd fd = fs.open("a/d", O_RDONLY | O_DIRECTORY);
          fs.rename("a/d", "b/d");
          assertThat(fs.at(fd).stat("..").ino()).isEqualTo(fs.stat("b").ino());
        });
    c.add(
        "rename_directoryToOtherParent_movesTheLinkCount",
        fs -> {
          fs.mkdir("a");
          fs.mkdir("b");
          fs.mkdir("a/d");
          final int a = fs.stat("a").nlink();
          final int b = fs.stat("b").nlink();
          fs.rename("a/d", "b/d");
          assertThat(fs.stat("a").nlink()).isEqualTo(a - 1);
          assertThat(fs.stat("b").nlink()).isEqualTo(b + 1);
        });
    c.add(
        "rename_directory_namesBelowFollow",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          fs.write("d/e/a", "x");
          assertThat(fs.read("d/e/a")).isEqualTo("x");
          fs.rename("d", "f");
          assertThat(fs.read("f/e/a")).isEqualTo("x");
          expect(Errno.ENOENT, () -> fs.stat("d/e/a"));
        });
    c.add(
        "rename_directoryWithOpenFileBelow_fileGoesOn",
        fs -> {
          fs.mkdir("d");
          Fd fd = fs.open("d/a", O_CREAT | O_RDWR, 0644);
          fs.rename("d", "e");
          fd.write("x");
          assertThat(fs.read("e/a")).isEqualTo("x");
        });
    c.add(
        "rename_newDirectoryAtTheOldName_isAnotherOne",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "x");
          fs.rename("d", "e");
          fs.mkdir("d");
          assertThat(fs.list("d")).isEmpty();
          assertThat(fs.list("e")).containsExactly("a");
        });
  }

  private static void flags(CaseList c) {
    kinds("new")
        .forEach(
            (to, make) ->
                c.add(
                    "renameNoreplace_over" + to + "_failsWithEexist",
                    fs -> {
                      fs.write("old", "x");
                      make.run(fs);
                      expect(Errno.EEXIST, () -> fs.rename("old", "new", RENAME_NOREPLACE));
                      assertThat(fs.list(".")).containsExactly("new", "old");
                    },
                    Need.RENAME_FLAGS));
    c.add(
        "renameNoreplace_toFreeName_moves",
        fs -> {
          fs.write("a", "x");
          fs.rename("a", "b", RENAME_NOREPLACE);
          assertThat(fs.list(".")).containsExactly("b");
        },
        Need.RENAME_FLAGS);
    c.add(
        "renameExchange_withMissing_failsWithEnoent",
        fs -> {
          fs.write("a", "x");
          expect(Errno.ENOENT, () -> fs.rename("a", "b", RENAME_EXCHANGE));
        },
        Need.RENAME_FLAGS);
    c.add(
        "renameExchange_acrossDirectories_updatesDotDot",
        fs -> {
          fs.mkdir("a");
          fs.mkdir("b");
          fs.mkdir("a/d");
          fs.write("b/f", "x");
          Fd fd = fs.open("a/d", O_RDONLY | O_DIRECTORY);
          fs.rename("a/d", "b/f", RENAME_EXCHANGE);
          assertThat(fs.read("a/d")).isEqualTo("x");
          assertThat(fs.at(fd).stat("..").ino()).isEqualTo(fs.stat("b").ino());
        },
        Need.RENAME_FLAGS);
    c.add(
        "renameExchange_withOwnAncestor_failsWithEinval",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          expect(Errno.EINVAL, () -> fs.rename("d", "d/e", RENAME_EXCHANGE));
        },
        Need.RENAME_FLAGS);
    c.add(
        "rename_noreplaceWithExchange_failsWithEinval",
        fs -> {
          fs.write("a", "");
          fs.write("b", "");
          int both = RENAME_NOREPLACE | RENAME_EXCHANGE;
          expect(Errno.EINVAL, () -> fs.rename("a", "b", both));
        });
    c.add(
        "renameWhiteout_leavesCharacterDeviceZero",
        fs -> {
          fs.write("a", "x");
          fs.rename("a", "b", RENAME_WHITEOUT);
          Stat left = fs.lstat("a");
          assertThat(List.of(left.type(), left.rdevMajor(), left.rdevMinor()))
              .isEqualTo(List.of(S_IFCHR, 0, 0));
          assertThat(fs.read("b")).isEqualTo("x");
        },
        Need.RENAME_FLAGS,
        Need.ROOT);
  }
}
