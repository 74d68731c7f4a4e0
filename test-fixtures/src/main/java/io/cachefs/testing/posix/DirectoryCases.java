package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lists of names. */
final class DirectoryCases {
  private DirectoryCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("directories");
    entries(c);
    many(c);
    positions(c);
    links(c);
    return c;
  }

  private static void entries(CaseList c) {
    Map<Integer, PosixCase.Body> types = new LinkedHashMap<>();
    types.put(DT_REG, fs -> fs.write("n", ""));
    types.put(DT_DIR, fs -> fs.mkdir("n"));
    types.put(DT_LNK, fs -> fs.symlink("x", "n"));
    types.put(DT_FIFO, fs -> fs.mkfifo("n", 0644));
    types.put(DT_SOCK, fs -> fs.mknod("n", S_IFSOCK | 0644, 0, 0));
    types.put(DT_CHR, fs -> fs.mknod("n", S_IFCHR | 0644, 1, 3));
    types.put(DT_BLK, fs -> fs.mknod("n", S_IFBLK | 0644, 7, 99));
    types.forEach(
        (type, make) ->
            c.add(
                "getdents_typeOf" + type + "_isRightAndInodeMatches",
                fs -> {
                  make.run(fs);
                  Dirent entry = only(fs.entries("."), "n");
                  assertThat(entry.type()).isEqualTo(type);
                  assertThat(entry.ino()).isEqualTo(fs.lstat("n").ino());
                  assertThat(fs.lstat("n").type() >> 12).isEqualTo(type);
                },
                type == DT_CHR || type == DT_BLK ? new Need[] {Need.ROOT} : new Need[0]));
    c.add(
        "getdents_dotAndDotDot_leadToItAndItsParent",
        fs -> {
          fs.mkdir("d");
          List<Dirent> entries = fs.entries("d");
          assertThat(entries).hasSize(2);
          assertThat(only(entries, ".").ino()).isEqualTo(fs.stat("d").ino());
          assertThat(only(entries, "..").ino()).isEqualTo(fs.stat(".").ino());
          assertThat(only(entries, "..").type()).isEqualTo(DT_DIR);
        });
    c.add(
        "getdents_hardLinks_haveTheSameInode",
        fs -> {
          fs.write("a", "");
          fs.link("a", "b");
          List<Dirent> entries = fs.entries(".");
          assertThat(only(entries, "a").ino()).isEqualTo(only(entries, "b").ino());
        },
        Need.HARD_LINK);
    c.add(
        "list_followsEveryChange",
        fs -> {
          fs.write("a", "");
          assertThat(fs.list(".")).containsExactly("a");
          fs.write("b", "");
          assertThat(fs.list(".")).containsExactly("a", "b");
          fs.rename("a", "c");
          assertThat(fs.list(".")).containsExactly("b", "c");
          fs.unlink("b");
          assertThat(fs.list(".")).containsExactly("c");
          fs.link("c", "d");
          assertThat(fs.list(".")).containsExactly("c", "d");
        });
    c.add(
        "list_openDirectory_isFreshAfterRewind",
        fs -> {
          fs.write("a", "");
          Fd fd = fs.open(".", O_RDONLY | O_DIRECTORY);
          assertThat(fd.entries()).hasSize(3);
          fs.write("b", "");
          fd.seek(0, SEEK_SET);
          assertThat(fd.entries()).hasSize(4);
          fs.unlink("a");
          fs.unlink("b");
          fd.seek(0, SEEK_SET);
          assertThat(fd.entries()).hasSize(2);
        });
  }

  private static void many(CaseList c) {
    c.add(
        "list_10000Entries_eachExactlyOnce",
        fs -> {
          Posix.umask(0);
          fs.write("source", "");
          fs.mkdir("d");
          Set<String> expected = new HashSet<>(List.of(".", ".."));
          for (int i = 0; i < 10_000; i++) {
            fs.mknod("d/entry-" + i, S_IFREG | 0644, 0, 0);
            expected.add("entry-" + i);
          }
          List<String> names = names(fs.entries("d"));
          assertThat(names).hasSize(10_002);
          assertThat(new HashSet<>(names).equals(expected)).isTrue();
        });
    c.add(
        "list_smallBuffers_eachExactlyOnce",
        fs -> {
          fill(fs, 300);
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          List<String> names = new ArrayList<>();
          for (List<Dirent> some = fd.getdents(64); !some.isEmpty(); some = fd.getdents(64)) {
            names.addAll(names(some));
          }
          assertThat(names).hasSize(302).doesNotHaveDuplicates();
        });
    c.add(
        "list_removingWhileReading_emptiesTheDirectory",
        fs -> {
          fill(fs, 500);
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          for (List<Dirent> some = fd.getdents(256); !some.isEmpty(); some = fd.getdents(256)) {
            for (String name : names(some)) {
              if (!name.startsWith(".")) {
                fs.unlink("d/" + name);
              }
            }
          }
          assertThat(fs.list("d")).isEmpty();
        });
    c.add(
        "list_addingWhileReading_oldEntriesExactlyOnce",
        fs -> {
          fill(fs, 300);
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          List<String> names = new ArrayList<>();
          int added = 0;
          for (List<Dirent> some = fd.getdents(512); !some.isEmpty(); some = fd.getdents(512)) {
            names.addAll(names(some));
            if (added < 100) {
              fs.write("d/added-" + added++, "");
            }
          }
          names.removeIf(n -> n.startsWith("added-"));
          assertThat(names).hasSize(302).doesNotHaveDuplicates();
        });
  }

  private static void positions(CaseList c) {
    c.add(
        "seekdir_everyOffset_resumesAfterItsEntry",
        fs -> {
          fill(fs, 100);
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          List<Dirent> all = fd.entries();
          List<String> names = names(all);
          for (int i = 0; i < all.size(); i++) {
            fd.seek(all.get(i).off(), SEEK_SET);
            assertThat(names(fd.entries())).isEqualTo(names.subList(i + 1, names.size()));
          }
        });
    c.add(
        "seekdir_whileOthersAreRemoved_untouchedExactlyOnce",
        fs -> {
          fill(fs, 200);
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          List<Dirent> all = fd.entries();
          List<String> names = names(all);
          int half = all.size() / 2;
          fd.seek(all.get(half).off(), SEEK_SET);
          for (int i = 0; i < all.size(); i += 3) {
            if (!names.get(i).startsWith(".")) {
              fs.unlink("d/" + names.get(i));
            }
          }
          List<String> rest = names(fd.entries());
          for (int i = 0; i < all.size(); i++) {
            if (i % 3 != 0) {
              assertThat(rest.stream().filter(names.get(i)::equals).count())
                  .as(names.get(i))
                  .isEqualTo(i > half ? 1 : 0);
            }
          }
        });
    c.add(
        "seekdir_anotherDescriptor_hasTheSameOffsets",
        fs -> {
          fill(fs, 60);
          Fd one = fs.open("d", O_RDONLY | O_DIRECTORY);
          Fd two = fs.open("d", O_RDONLY | O_DIRECTORY);
          Map<String, Long> offsets = new HashMap<>();
          one.entries().forEach(e -> offsets.put(e.name(), e.off()));
          two.entries().forEach(e -> assertThat(offsets).containsEntry(e.name(), e.off()));
        });
    c.add(
        "seekdir_offsets_areDistinct",
        fs -> {
          fill(fs, 200);
          assertThat(fs.entries("d").stream().map(Dirent::off).toList()).doesNotHaveDuplicates();
        });
    c.add(
        "getdents_afterTheEnd_staysAtTheEnd",
        fs -> {
          Fd fd = fs.open(".", O_RDONLY | O_DIRECTORY);
          assertThat(fd.entries()).hasSize(2);
          assertThat(fd.getdents(4096)).isEmpty();
          assertThat(fd.getdents(4096)).isEmpty();
        });
  }

  private static void links(CaseList c) {
    c.add(
        "nlink_ofDirectory_countsItsSubdirectories",
        fs -> {
          fs.mkdir("d");
          assertThat(fs.stat("d").nlink()).isEqualTo(2);
          fs.mkdir("d/one");
          fs.mkdir("d/two");
          fs.write("d/file", "");
          assertThat(fs.stat("d").nlink()).isEqualTo(4);
          fs.rmdir("d/one");
          assertThat(fs.stat("d").nlink()).isEqualTo(3);
        });
    c.add(
        "mkdir_mode_isLessTheUmask",
        fs -> {
          Posix.umask(027);
          fs.mkdir("d", 0777);
          assertThat(fs.stat("d").mode()).isEqualTo(S_IFDIR | 0750);
        });
    c.add(
        "rmdir_thenMkdir_isEmptyAgain",
        fs -> {
          for (int i = 0; i < 20; i++) {
            fs.mkdir("d");
            fs.write("d/a", "");
            fs.unlink("d/a");
            fs.rmdir("d");
          }
          fs.mkdir("d");
          assertThat(fs.list("d")).isEmpty();
        });
    c.add(
        "inode_numbers_areUniqueAndStable",
        fs -> {
          fill(fs, 200);
          Map<Long, String> byIno = new HashMap<>();
          for (String name : fs.list("d")) {
            byIno.put(fs.stat("d/" + name).ino(), name);
          }
          assertThat(byIno).hasSize(200);
          byIno.forEach((ino, name) -> assertThat(fs.stat("d/" + name).ino()).isEqualTo(ino));
        });
    c.add(
        "device_isTheSameForAllFiles",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "");
          assertThat(fs.stat("d/a").dev()).isEqualTo(fs.stat(".").dev());
        });
  }

  private static void fill(Posix fs, int count) {
    fs.mkdir("d");
    for (int i = 0; i < count; i++) {
      fs.mknod("d/n" + i, S_IFREG | 0644, 0, 0);
    }
  }

  private static List<String> names(List<Dirent> entries) {
    return entries.stream().map(Dirent::name).toList();
  }

  private static Dirent only(List<Dirent> entries, String name) {
    List<Dirent> found = entries.stream().filter(e -> e.name().equals(name)).toList();
    assertThat(found).hasSize(1);
    return found.get(0);
  }
}
