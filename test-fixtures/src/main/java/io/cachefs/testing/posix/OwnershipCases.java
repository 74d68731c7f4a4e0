package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who owns what is created, and who may change that. */
final class OwnershipCases {
  /** What is left of a, b and e after a removal that was allowed. */
  private static final Map<String, String> REMOVED =
      Map.of("unlink", "be", "renameAway", "bce", "replace", "ae", "rmdir", "ab");

  private OwnershipCases() {}

  private static Map<String, PosixCase.Body> makers() {
    Map<String, PosixCase.Body> makers = new LinkedHashMap<>();
    makers.put("file", fs -> fs.open("d/n", O_CREAT | O_WRONLY, 0777).close());
    makers.put("directory", fs -> fs.mkdir("d/n", 0777));
    makers.put("fifo", fs -> fs.mkfifo("d/n", 0777));
    makers.put("socket", fs -> fs.mknod("d/n", S_IFSOCK | 0777, 0, 0));
    makers.put("symlink", fs -> fs.symlink("target", "d/n"));
    return makers;
  }

  static CaseList cases() {
    CaseList c = new CaseList("ownership");
    makers().forEach((kind, make) -> created(c, kind, make));
    umask(c);
    chown(c);
    chmod(c);
    sticky(c);
    return c;
  }

  private static void created(CaseList c, String kind, PosixCase.Body make) {
    c.add(
        "create_" + kind + "AsUser_belongsToUserAndGroup",
        fs -> {
          fs.dir("d", 0777);
          Posix.asUser(ALICE, TEAM, new int[0], () -> make.run(fs));
          Stat stat = fs.lstat("d/n");
          assertThat(List.of(stat.uid(), stat.gid())).isEqualTo(List.of(ALICE, TEAM));
        },
        Need.OTHER_USERS);
    c.add(
        "create_" + kind + "InSetgidDirectory_getsItsGroup",
        fs -> {
          fs.mkdir("d");
          fs.chown("d", 0, TEAM);
          fs.chmod("d", 02777);
          as(ALICE, () -> make.run(fs));
          Stat stat = fs.lstat("d/n");
          assertThat(List.of(stat.uid(), stat.gid())).isEqualTo(List.of(ALICE, TEAM));
          assertThat(stat.perm() & S_ISGID).isEqualTo(kind.equals("directory") ? S_ISGID : 0);
        },
        Need.OTHER_USERS);
    if (kind.equals("symlink")) {
      return;
    }
    for (int mask : new int[] {0, 022, 027, 077, 0777, 0345}) {
      c.add(
          "create_" + kind + "WithUmask" + Integer.toOctalString(mask) + "_clearsTheseBits",
          fs -> {
            fs.mkdir("d");
            Posix.umask(mask);
            make.run(fs);
            assertThat(fs.lstat("d/n").perm()).isEqualTo(0777 & ~mask);
          });
    }
  }

  private static void umask(CaseList c) {
    c.add(
        "umask_doesNotConcernChmod",
        fs -> {
          fs.write("a", "");
          Posix.umask(077);
          fs.chmod("a", 0666);
          assertThat(fs.stat("a").perm()).isEqualTo(0666);
        });
    c.add(
        "create_setgidFileByNonMemberInSetgidDirectory_losesSetgid",
        fs -> {
          fs.mkdir("d");
          fs.chown("d", 0, TEAM);
          fs.chmod("d", 02777);
          as(ALICE, () -> fs.open("d/a", O_CREAT | O_WRONLY, 02755).close());
          assertThat(fs.stat("d/a").perm()).isEqualTo(0755);
        },
        Need.OTHER_USERS);
    c.add(
        "create_withSetuidBit_keepsIt",
        fs -> {
          fs.open("a", O_CREAT | O_WRONLY, 04755).close();
          assertThat(fs.stat("a").perm()).isEqualTo(04755);
        });
    c.add(
        "create_withTruncAndSetIdsByUser_keepsThem",
        fs -> {
          fs.dir("d", 0777);
          as(
              ALICE,
              () -> {
                fs.open("d/a", O_CREAT | O_WRONLY | O_TRUNC, 06755).close();
                assertThat(fs.stat("d/a").perm()).isEqualTo(06755);
              });
          assertThat(fs.stat("d/a").perm()).isEqualTo(06755);
        },
        Need.OTHER_USERS);
    c.add(
        "chown_ofNothingByOther_leavesSetIdsAlone",
        fs -> {
          fs.file("a", 0666);
          fs.dir("d", 0777);
          fs.chown("a", ALICE, ALICE);
          fs.chmod("a", 06755);
          fs.chmod("d", 06755);
          as(BOB, () -> expect(Errno.EPERM, () -> fs.chown("a", -1, -1)));
          as(BOB, () -> fs.chown("d", -1, -1));
          assertThat(fs.stat("a").perm()).isEqualTo(06755);
          assertThat(fs.stat("d").perm()).isEqualTo(06755);
        },
        Need.OTHER_USERS);
    c.add(
        "mkdir_withStickyBit_keepsIt",
        fs -> {
          fs.mkdir("d", 01755);
          assertThat(fs.stat("d").perm()).isEqualTo(01755);
        });
  }

  private static void chown(CaseList c) {
    c.add(
        "chown_byRoot_setsBoth",
        fs -> {
          fs.write("a", "");
          fs.chown("a", ALICE, BOB);
          assertThat(List.of(fs.stat("a").uid(), fs.stat("a").gid()))
              .isEqualTo(List.of(ALICE, BOB));
        },
        Need.ROOT);
    c.add(
        "chown_minusOne_leavesThatOneAlone",
        fs -> {
          fs.write("a", "");
          fs.chown("a", ALICE, -1);
          fs.chown("a", -1, BOB);
          assertThat(List.of(fs.stat("a").uid(), fs.stat("a").gid()))
              .isEqualTo(List.of(ALICE, BOB));
        },
        Need.ROOT);
    c.add(
        "chown_largeIds_areKept",
        fs -> {
          fs.write("a", "");
          fs.chown("a", 0x7ffffff0, 70000);
          assertThat(List.of(fs.stat("a").uid(), fs.stat("a").gid()))
              .isEqualTo(List.of(0x7ffffff0, 70000));
        },
        Need.ROOT);
    c.add(
        "lchown_symlink_changesTheLinkOnly",
        fs -> {
          fs.write("a", "");
          fs.symlink("a", "s");
          fs.lchown("s", ALICE, BOB);
          assertThat(fs.lstat("s").uid()).isEqualTo(ALICE);
          assertThat(fs.stat("a").uid()).isZero();
        },
        Need.ROOT);
    c.add(
        "chown_symlink_changesTheTarget",
        fs -> {
          fs.write("a", "");
          fs.symlink("a", "s");
          fs.chown("s", ALICE, BOB);
          assertThat(fs.stat("a").uid()).isEqualTo(ALICE);
          assertThat(fs.lstat("s").uid()).isZero();
        },
        Need.ROOT);
    c.add(
        "fchown_descriptor_changesTheFile",
        fs -> {
          fs.open("a", O_CREAT | O_RDWR, 0644).chown(ALICE, BOB);
          assertThat(fs.stat("a").gid()).isEqualTo(BOB);
        },
        Need.ROOT);
    owned(c, "chown_uidByOwner_failsWithEperm", Errno.EPERM, fs -> fs.chown("a", BOB, -1));
    owned(c, "chown_toForeignGroupByOwner_failsWithEperm", Errno.EPERM, f -> f.chown("a", -1, BOB));
    owned(c, "chown_toOwnGroupByOwner_works", null, fs -> fs.chown("a", -1, TEAM));
    owned(c, "chown_sameUidByOwner_works", null, fs -> fs.chown("a", ALICE, -1));
    owned(c, "chmod_byOwner_works", null, fs -> fs.chmod("a", 0600));
    owned(c, "utimens_byOwner_works", null, fs -> fs.utimens("a", 1, 2));
    foreign(c, "chown_groupByOther_failsWithEperm", fs -> fs.chown("a", -1, BOB));
    foreign(c, "chown_uidByOther_failsWithEperm", fs -> fs.chown("a", BOB, -1));
    foreign(c, "chmod_byOther_failsWithEperm", fs -> fs.chmod("a", 0777));
    foreign(c, "utimens_explicitByOther_failsWithEperm", fs -> fs.utimens("a", 1, 2));
    foreign(c, "utimens_oneOmittedByOther_fails", fs -> fs.utimens("a", UTIME_OMIT, UTIME_NOW));
    foreign(
        c,
        "fchmod_byOtherWithWritableDescriptor_failsWithEperm",
        fs -> fs.open("a", O_RDWR).chmod(0777));
  }

  /** The owner, who is also in TEAM, acts on the file a. */
  private static void owned(
      CaseList c,
      String name,
      @org.jspecify.annotations.Nullable Errno errno,
      PosixCase.Body body) {
    c.add(
        name,
        fs -> {
          fs.file("a", 0666);
          fs.chown("a", ALICE, ALICE);
          as(
              ALICE,
              ALICE,
              TEAM,
              () -> {
                if (errno == null) {
                  Stat before = fs.stat("a");
                  tick();
                  body.run(fs);
                  assertThat(fs.stat("a").ctime()).isGreaterThan(before.ctime());
                } else {
                  expect(errno, () -> body.run(fs));
                }
              });
        },
        Need.OTHER_USERS);
  }

  /** A user acts on the file a which she may write but does not own. */
  private static void foreign(CaseList c, String name, PosixCase.Body body) {
    c.add(
        name,
        fs -> {
          Stat before = fs.file("a", 0666);
          as(BOB, () -> expect(Errno.EPERM, () -> body.run(fs)));
          Stat after = fs.stat("a");
          assertThat(List.of(after.mode(), after.uid(), after.gid(), after.mtime()))
              .isEqualTo(List.of(before.mode(), before.uid(), before.gid(), before.mtime()));
        },
        Need.OTHER_USERS);
  }

  private static void chmod(CaseList c) {
    for (int mode : new int[] {0, 0444, 0777, 01777, 02755, 04755, 06711, 07777}) {
      c.add(
          "chmod_" + Integer.toOctalString(mode) + "_isKeptOnFileAndDirectory",
          fs -> {
            assertThat(fs.file("a", mode).mode()).isEqualTo(S_IFREG | mode);
            fs.dir("d", mode);
            assertThat(fs.stat("d").mode()).isEqualTo(S_IFDIR | mode);
          });
    }
    c.add(
        "chmod_symlink_changesTheTarget",
        fs -> {
          fs.file("a", 0644);
          fs.symlink("a", "s");
          fs.chmod("s", 0600);
          assertThat(fs.stat("a").perm()).isEqualTo(0600);
          assertThat(fs.lstat("s").perm()).isEqualTo(0777);
        });
    c.add(
        "fchmod_descriptor_changesTheFile",
        fs -> {
          fs.open("a", O_CREAT | O_RDWR, 0644).chmod(0611);
          assertThat(fs.stat("a").perm()).isEqualTo(0611);
        });
    c.add(
        "chmod_setgidByOwnerOutsideTheGroup_isCleared",
        fs -> {
          fs.write("a", "");
          fs.chown("a", ALICE, TEAM);
          as(ALICE, () -> fs.chmod("a", 02755));
          assertThat(fs.stat("a").perm()).isEqualTo(0755);
        },
        Need.OTHER_USERS);
    c.add(
        "chmod_setgidByOwnerInTheGroup_isKept",
        fs -> {
          fs.write("a", "");
          fs.chown("a", ALICE, TEAM);
          as(ALICE, ALICE, TEAM, () -> fs.chmod("a", 02755));
          assertThat(fs.stat("a").perm()).isEqualTo(02755);
        },
        Need.OTHER_USERS);
  }

  private static void sticky(CaseList c) {
    Map<String, PosixCase.Body> removals = new LinkedHashMap<>();
    removals.put("unlink", fs -> fs.unlink("d/a"));
    removals.put("renameAway", fs -> fs.rename("d/a", "d/c"));
    removals.put("replace", fs -> fs.rename("d/b", "d/a"));
    removals.put("rmdir", fs -> fs.rmdir("d/e"));
    removals.forEach(
        (label, removal) -> {
          for (int owner : new int[] {ALICE, BOB}) {
            boolean own = owner == BOB;
            String end = own ? "OfOwnFile_works" : "OfForeignFile_failsWithEperm";
            c.add(
                "sticky_" + label + end,
                fs -> {
                  prepareSticky(fs, owner);
                  if (own) {
                    as(BOB, () -> removal.run(fs));
                    assertThat(String.join("", fs.list("d"))).isEqualTo(REMOVED.get(label));
                  } else {
                    as(BOB, () -> expect(Errno.EPERM, () -> removal.run(fs)));
                    assertThat(fs.list("d")).hasSize(3);
                  }
                },
                Need.OTHER_USERS);
          }
        });
    removals.remove("renameAway");
    removals.forEach(
        (label, removal) ->
            c.add(
                "sticky_" + label + "ByOwnerOfTheDirectory_works",
                fs -> {
                  prepareSticky(fs, ALICE);
                  fs.chown("d", BOB, BOB);
                  as(BOB, () -> removal.run(fs));
                  assertThat(String.join("", fs.list("d"))).isEqualTo(REMOVED.get(label));
                },
                Need.OTHER_USERS));
  }

  private static void prepareSticky(Posix fs, int owner) {
    fs.dir("d", 01777);
    fs.write("d/a", "");
    fs.chown("d/a", owner, owner);
    fs.write("d/b", "");
    fs.chown("d/b", BOB, BOB);
    fs.mkdir("d/e");
    fs.chown("d/e", owner, owner);
  }
}
