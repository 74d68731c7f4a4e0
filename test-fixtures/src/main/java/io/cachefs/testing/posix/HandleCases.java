package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Open files whose names have gone. */
final class HandleCases {
  private HandleCases() {}

  private static Map<String, PosixCase.Body> removals() {
    Map<String, PosixCase.Body> removals = new LinkedHashMap<>();
    removals.put("unlinked", fs -> fs.unlink("a"));
    removals.put("replaced", fs -> fs.rename("b", "a"));
    return removals;
  }

  static CaseList cases() {
    CaseList c = new CaseList("open files without names", Need.HANDLE_BASED);
    removals()
        .forEach(
            (label, removal) -> {
              use(c, label, removal, "reads", fd -> assertThat(fd.read(9)).isEqualTo("content"));
              use(
                  c,
                  label,
                  removal,
                  "writesAndReadsBack",
                  fd -> {
                    fd.pwrite(7, " and more");
                    assertThat(fd.pread(0, 99)).isEqualTo("content and more");
                  });
              use(
                  c,
                  label,
                  removal,
                  "statsWithoutLinks",
                  fd -> {
                    assertThat(fd.stat().nlink()).isZero();
                    assertThat(fd.stat().size()).isEqualTo(7);
                  });
              use(
                  c,
                  label,
                  removal,
                  "truncates",
                  fd -> {
                    fd.truncate(3);
                    assertThat(fd.size()).isEqualTo(3);
                    assertThat(fd.pread(0, 99)).isEqualTo("con");
                    fd.truncate(5);
                    assertThat(fd.pread(0, 99)).isEqualTo("con\0\0");
                  });
              use(
                  c,
                  label,
                  removal,
                  "changesMode",
                  fd -> {
                    fd.chmod(0611);
                    assertThat(fd.stat().perm()).isEqualTo(0611);
                  });
              use(
                  c,
                  label,
                  removal,
                  "changesTimes",
                  fd -> {
                    fd.utimens(5, 6);
                    assertThat(fd.stat().mtime()).isEqualTo(6);
                  });
              use(
                  c,
                  label,
                  removal,
                  "changesOwner",
                  fd -> {
                    fd.chown(ALICE, BOB);
                    assertThat(fd.stat().uid()).isEqualTo(ALICE);
                  },
                  Need.ROOT);
              use(
                  c,
                  label,
                  removal,
                  "syncs",
                  fd -> {
                    fd.write("x");
                    fd.sync();
                    fd.datasync();
                    assertThat(fd.pread(0, 1)).isEqualTo("x");
                  });
              use(
                  c,
                  label,
                  removal,
                  "keepsXattrs",
                  fd -> {
                    fd.setxattr("user.a", "value", 0);
                    assertThat(fd.getxattr("user.a")).isEqualTo("value");
                  },
                  Need.XATTR);
              use(
                  c,
                  label,
                  removal,
                  "mapsAndReads",
                  fd -> {
                    try (Mapping m = fd.mmap(PROT_READ, MAP_SHARED, 4096, 0)) {
                      assertThat(m.get(0, 7)).isEqualTo("content");
                    }
                  },
                  Need.MMAP);
            });
    files(c);
    directories(c);
    return c;
  }

  /** What is done with the descriptor. */
  private interface Use {
    void with(Fd fd) throws Exception;
  }

  private static void use(
      CaseList c, String label, PosixCase.Body removal, String what, Use use, Need... needs) {
    c.add(
        "handle_ofFile_" + label + "_" + what,
        fs -> {
          fs.write("a", "content");
          fs.write("b", "other");
          Fd fd = fs.open("a", O_RDWR);
          removal.run(fs);
          use.with(fd);
          if (fs.exists("a")) {
            assertThat(fs.read("a")).isEqualTo("other");
            assertThat(fs.stat("a").uid()).isEqualTo(fs.stat(".").uid());
          }
        },
        needs);
  }

  private static void files(CaseList c) {
    c.add(
        "handle_unlinkedFile_nameIsGoneAtOnce",
        fs -> {
          fs.open("a", O_CREAT | O_RDWR, 0644).write("x");
          fs.unlink("a");
          assertThat(fs.list(".")).isEmpty();
          expect(Errno.ENOENT, () -> fs.stat("a"));
        });
    c.add(
        "handle_unlinkedFile_directoryCanBeRemoved",
        fs -> {
          fs.mkdir("d");
          Fd fd = fs.open("d/a", O_CREAT | O_RDWR, 0644);
          fd.write("x");
          fs.unlink("d/a");
          fs.rmdir("d");
          assertThat(fd.pread(0, 1)).isEqualTo("x");
        });
    c.add(
        "handle_unlinkedFile_newFileOfThatNameIsAnother",
        fs -> {
          Fd old = fs.open("a", O_CREAT | O_RDWR, 0644);
          old.write("old");
          fs.unlink("a");
          Fd fresh = fs.open("a", O_CREAT | O_EXCL | O_RDWR, 0644);
          fresh.write("fresh");
          assertThat(old.pread(0, 9)).isEqualTo("old");
          assertThat(fs.read("a")).isEqualTo("fresh");
          assertThat(fresh.stat().ino()).isNotEqualTo(old.stat().ino());
        });
    c.add(
        "handle_unlinkedWhileOpenTwice_bothSeeTheSame",
        fs -> {
          Fd one = fs.open("a", O_CREAT | O_RDWR, 0644);
          Fd two = fs.open("a", O_RDWR);
          fs.unlink("a");
          one.write("content");
          assertThat(two.read(9)).isEqualTo("content");
          one.close();
          two.pwrite(0, "C");
          assertThat(two.pread(0, 9)).isEqualTo("Content");
        });
    c.add(
        "handle_unlinkedFile_cannotGetANameAgain",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fs.unlink("a");
          expect(Errno.ENOENT, () -> fs.link(fd.procPath(), "b", AT_SYMLINK_FOLLOW));
        });
    c.add(
        "handle_unlinkedFile_opensAgainThroughProc",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.write("content");
          fs.unlink("a");
          assertThat(fs.open(fd.procPath(), O_RDONLY).read(9)).isEqualTo("content");
        });
    c.add(
        "handle_renamedFile_changesApplyToTheNewName",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fs.rename("a", "b");
          fs.write("a", "decoy");
          fd.write("x");
          fd.chmod(0600);
          fd.utimens(1, 2);
          fd.truncate(4);
          assertThat(List.of(fs.stat("b").size(), fs.stat("b").mtime()).get(0)).isEqualTo(4);
          assertThat(fs.stat("b").perm()).isEqualTo(0600);
          assertThat(fs.read("a")).isEqualTo("decoy");
          assertThat(fs.stat("a").perm()).isEqualTo(0644);
        });
    c.add(
        "handle_removedMapping_survivesCloseOfTheDescriptor",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDWR);
          Mapping mapping = new Mapping(map(fd), 4096);
          fd.close();
          fs.unlink("a");
          mapping.put(0, "C");
          assertThat(mapping.get(0, 7)).isEqualTo("Content");
          mapping.close();
        },
        Need.MMAP);
    c.add(
        "handle_fiveHundredOpenUnlinkedFiles_keepTheirContents",
        fs -> {
          List<Fd> open = new java.util.ArrayList<>();
          for (int i = 0; i < 500; i++) {
            Fd fd = fs.open("a", O_CREAT | O_EXCL | O_RDWR, 0644);
            fd.write("content " + i);
            fs.unlink("a");
            open.add(fd);
          }
          for (int i = 0; i < 500; i++) {
            assertThat(open.get(i).pread(0, 99)).isEqualTo("content " + i);
          }
        });
  }

  private static long map(Fd fd) {
    return LibC.call(Sys.MMAP, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.number(), 0);
  }

  private static void directories(CaseList c) {
    c.add(
        "handle_removedDirectory_canStillBeStated",
        fs -> {
          fs.mkdir("d");
          Fd path = fs.open("d", O_PATH | O_DIRECTORY);
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          long ino = fs.stat("d").ino();
          fs.rmdir("d");
          assertThat(path.stat().ino()).isEqualTo(ino);
          assertThat(fd.stat().nlink()).isZero();
        });
    c.add(
        "handle_removedDirectory_takesNoNewNames",
        fs -> {
          fs.mkdir("d");
          Posix inside = fs.at(fs.open("d", O_RDONLY | O_DIRECTORY));
          fs.rmdir("d");
          expect(Errno.ENOENT, () -> inside.open("a", O_CREAT | O_RDWR, 0644));
          expect(Errno.ENOENT, () -> inside.mkdir("e"));
          expect(Errno.ENOENT, () -> inside.symlink("x", "s"));
        });
    c.add(
        "handle_removedDirectory_listsNothing",
        fs -> {
          fs.mkdir("d");
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          fs.rmdir("d");
          try {
            assertThat(fd.entries()).allMatch(e -> e.name().matches("\\.\\.?"));
          } catch (PosixException e) {
            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
          }
        });
    c.add(
        "handle_renamedDirectory_leadsToItsFiles",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "x");
          Posix inside = fs.at(fs.open("d", O_RDONLY | O_DIRECTORY));
          fs.rename("d", "e");
          fs.mkdir("d");
          inside.write("b", "y");
          assertThat(fs.list("e")).containsExactly("a", "b");
          assertThat(fs.list("d")).isEmpty();
          assertThat(inside.read("a")).isEqualTo("x");
        });
    c.add(
        "handle_directoryMadeAgain_oldOneStaysEmpty",
        fs -> {
          fs.mkdir("d");
          Posix old = fs.at(fs.open("d", O_RDONLY | O_DIRECTORY));
          fs.rmdir("d");
          fs.mkdir("d");
          fs.write("d/a", "");
          expect(Errno.ENOENT, () -> old.stat("a"));
        });
  }
}
