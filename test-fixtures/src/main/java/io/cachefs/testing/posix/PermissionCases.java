package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the permission bits allow, and when the set-ID bits go. */
final class PermissionCases {
  /** The ways ALICE can stand to a file, with the shift of the bits that count for her. */
  private enum Standing {
    OWNER(6),
    GROUP(3),
    SUPPLEMENTARY_GROUP(3),
    OTHER(0);

    private final int shift;

    Standing(int shift) {
      this.shift = shift;
    }

    void own(Posix fs, String name) {
      fs.chown(name, this == OWNER ? ALICE : BOB, this == OWNER || this == OTHER ? BOB : TEAM);
    }

    void act(Work body) {
      int group = this == GROUP ? TEAM : ALICE;
      Posix.asUser(ALICE, group, this == SUPPLEMENTARY_GROUP ? new int[] {TEAM} : new int[0], body);
    }
  }

  /** An operation that needs some bits on the file f or on the directory d. */
  private record Right(String name, boolean onDirectory, int bits, PosixCase.Body use) {}

  private static final List<Right> RIGHTS =
      List.of(
          new Right("read", false, 4, fs -> fs.open("f", O_RDONLY).read(1)),
          new Right("write", false, 2, fs -> fs.open("f", O_WRONLY).write("x")),
          new Right("readWrite", false, 6, fs -> fs.open("f", O_RDWR).close()),
          new Right("truncate", false, 2, fs -> fs.truncate("f", 0)),
          new Right("truncateOnOpen", false, 6, fs -> fs.open("f", O_RDONLY | O_TRUNC).close()),
          new Right("touch", false, 2, fs -> fs.touch("f")),
          new Right("accessRead", false, 4, fs -> fs.access("f", R_OK)),
          new Right("accessWrite", false, 2, fs -> fs.access("f", W_OK)),
          new Right("accessExecute", false, 1, fs -> fs.access("f", X_OK)),
          new Right("getxattr", false, 4, fs -> fs.getxattr("f", "user.a")),
          new Right("setxattr", false, 2, fs -> fs.setxattr("f", "user.a", "b", 0)),
          new Right("list", true, 4, fs -> fs.open("d", O_RDONLY).entries()),
          new Right("search", true, 1, fs -> fs.stat("d/a")),
          new Right("readBelow", true, 1, fs -> fs.read("d/a")),
          new Right("create", true, 3, fs -> fs.open("d/n", O_CREAT | O_WRONLY, 0644).close()),
          new Right("mkdir", true, 3, fs -> fs.mkdir("d/n")),
          new Right("symlink", true, 3, fs -> fs.symlink("x", "d/n")),
          new Right("mkfifo", true, 3, fs -> fs.mkfifo("d/n", 0644)),
          new Right("link", true, 3, fs -> fs.link("d/a", "d/n")),
          new Right("unlink", true, 3, fs -> fs.unlink("d/a")),
          new Right("rmdir", true, 3, fs -> fs.rmdir("d/e")),
          new Right("rename", true, 3, fs -> fs.rename("d/a", "d/n")));

  private PermissionCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("permissions", Need.OTHER_USERS);
    for (Standing standing : Standing.values()) {
      for (Right right : RIGHTS) {
        matrix(c, standing, right);
      }
    }
    special(c);
    setId(c);
    return c;
  }

  /** Granted with no bit but the needed ones, refused with all others that there are. */
  private static void matrix(CaseList c, Standing standing, Right right) {
    String who = standing.name().toLowerCase(java.util.Locale.ROOT).replace("_", "-");
    boolean touchByOwner = right.name().equals("touch") && standing == Standing.OWNER;
    c.add(
        "permission_" + right.name() + "As_" + who + "_isGrantedByItsBits",
        fs -> {
          prepare(fs, standing, right, right.bits() << standing.shift);
          standing.act(() -> right.use().run(fs));
          assertThat(fs.stat(right.onDirectory() ? "d" : "f").perm())
              .isEqualTo(right.bits() << standing.shift);
        });
    if (touchByOwner) {
      return;
    }
    c.add(
        "permission_" + right.name() + "As_" + who + "_isRefusedWithoutItsBits",
        fs -> {
          for (int bit = 1; bit <= 4; bit <<= 1) {
            if ((right.bits() & bit) != 0) {
              prepare(fs, standing, right, 0777 & ~(bit << standing.shift));
              standing.act(() -> expect(Errno.EACCES, () -> right.use().run(fs)));
            }
          }
        });
  }

  private static void prepare(Posix fs, Standing standing, Right right, int mode) {
    if (!fs.exists("f")) {
      fs.write("f", "content");
      fs.setxattr("f", "user.a", "a", 0);
      fs.mkdir("d");
      fs.file("d/a", 0644);
      fs.chown("d/a", ALICE, ALICE);
      fs.mkdir("d/e");
    }
    String name = right.onDirectory() ? "d" : "f";
    standing.own(fs, name);
    fs.chmod(name, mode);
  }

  private static void special(CaseList c) {
    c.add(
        "permission_descriptorOpenedBefore_survivesChmod",
        fs -> {
          fs.file("a", 0666);
          as(
              ALICE,
              () -> {
                Fd fd = fs.open("a", O_RDWR);
                fd.write("one");
                assertThat(fd.pread(0, 3)).isEqualTo("one");
              });
          Fd[] kept = new Fd[1];
          as(ALICE, () -> kept[0] = fs.open("a", O_RDWR));
          fs.chmod("a", 0);
          as(ALICE, () -> assertThat(kept[0].pwrite(0, "two")).isEqualTo(3));
          assertThat(fs.read("a")).isEqualTo("two");
        });
    c.add(
        "permission_chmodTakesEffectAtOnce",
        fs -> {
          fs.file("a", 0644);
          as(ALICE, () -> fs.open("a", O_RDONLY).close());
          fs.chmod("a", 0600);
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_RDONLY)));
          fs.chmod("a", 0604);
          as(ALICE, () -> fs.open("a", O_RDONLY).close());
          assertThat(fs.stat("a").perm()).isEqualTo(0604);
        });
    c.add(
        "permission_directoryClosedAfterLookup_refusesAtOnce",
        fs -> {
          fs.dir("d", 0755);
          fs.write("d/a", "");
          as(ALICE, () -> fs.stat("d/a"));
          fs.chmod("d", 0700);
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.stat("d/a")));
        });
    c.add(
        "permission_missingNameInUnsearchableDirectory_isEaccesNotEnoent",
        fs -> {
          fs.dir("d", 0644);
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.stat("d/missing")));
        });
    c.add(
        "permission_rootIgnoresReadAndWriteBits",
        fs -> {
          fs.file("a", 0);
          fs.chown("a", ALICE, ALICE);
          assertThat(fs.open("a", O_RDWR).write("x")).isEqualTo(1);
          fs.dir("d", 0);
          fs.write("d/a", "x");
          assertThat(fs.list("d")).containsExactly("a");
        });
    c.add(
        "permission_rootNeedsOneExecuteBit",
        fs -> {
          fs.file("a", 0644);
          expect(Errno.EACCES, () -> fs.access("a", X_OK));
          fs.chmod("a", 0645);
          fs.access("a", X_OK);
          assertThat(fs.stat("a").perm()).isEqualTo(0645);
        });
    c.add(
        "permission_renameOfForeignDirectory_needsWriteToItForDotDot",
        fs -> {
          fs.chmod(".", 0777);
          fs.dir("a", 0777);
          fs.dir("b", 0777);
          fs.dir("a/d", 0755);
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.rename("a/d", "b/d")));
          as(ALICE, () -> fs.rename("a/d", "a/e"));
          assertThat(fs.list("a")).containsExactly("e");
        });
    c.add(
        "mknod_deviceAsUser_failsWithEperm",
        fs -> {
          fs.chmod(".", 0777);
          as(ALICE, () -> expect(Errno.EPERM, () -> fs.mknod("n", S_IFCHR | 0666, 1, 3)));
        });
  }

  private static void setId(CaseList c) {
    Map<String, PosixCase.Body> clearing = new LinkedHashMap<>();
    clearing.put("write", fs -> fs.open("a", O_WRONLY).write("x"));
    clearing.put("pwrite", fs -> fs.open("a", O_WRONLY).pwrite(3, "x"));
    clearing.put("append", fs -> fs.open("a", O_WRONLY | O_APPEND).write("x"));
    clearing.put("truncate", fs -> fs.truncate("a", 1));
    clearing.put("ftruncate", fs -> fs.open("a", O_WRONLY).truncate(2));
    clearing.put("openWithTrunc", fs -> fs.open("a", O_WRONLY | O_TRUNC).close());
    clearing.put("fallocate", fs -> fs.open("a", O_WRONLY).fallocate(0, 0, 8192));
    clearing.put("copyFileRange", fs -> fs.open("b", O_RDONLY).copyTo(0, fs.open("a", 1), 0, 3));
    clearing.forEach(
        (label, change) -> {
          for (int bits : new int[] {S_ISUID, S_ISGID, S_ISUID | S_ISGID}) {
            String which = bits == S_ISUID ? "Setuid" : bits == S_ISGID ? "Setgid" : "BothSetIds";
            c.add(
                label + "_byUser_clears" + which,
                fs -> {
                  fs.write("b", "other");
                  fs.write("a", "content");
                  fs.chmod("a", 0777 | bits);
                  assertThat(fs.stat("a").perm()).isEqualTo(0777 | bits);
                  as(ALICE, () -> change.run(fs));
                  assertThat(fs.stat("a").perm()).isEqualTo(0777);
                });
          }
        });
    c.add(
        "write_byUserToSetgidFileWithoutGroupExecute_clearsSetuidOnly",
        fs -> {
          fs.write("a", "content");
          fs.chown("a", ALICE, ALICE);
          fs.chmod("a", 06766 & ~010);
          as(ALICE, () -> fs.open("a", O_WRONLY).write("x"));
          assertThat(fs.stat("a").perm() & S_ISUID).isZero();
        });
    c.add(
        "write_byRoot_keepsSetIds",
        fs -> {
          fs.write("a", "content");
          fs.chmod("a", 06777);
          fs.open("a", O_WRONLY).write("x");
          assertThat(fs.stat("a").perm()).isEqualTo(06777);
        });
    c.add(
        "chown_byOwner_clearsSetIds",
        fs -> {
          fs.write("a", "");
          fs.chown("a", ALICE, ALICE);
          fs.chmod("a", 06777);
          as(ALICE, ALICE, TEAM, () -> fs.chown("a", -1, TEAM));
          assertThat(fs.stat("a").perm()).isEqualTo(0777);
        });
    c.add(
        "chown_byRoot_clearsSetIdsOfFile",
        fs -> {
          fs.file("a", 06777);
          fs.chown("a", ALICE, ALICE);
          assertThat(fs.stat("a").perm()).isEqualTo(0777);
        });
    c.add(
        "chown_byRoot_keepsSetIdsOfDirectory",
        fs -> {
          fs.dir("d", 06777);
          fs.chown("d", ALICE, ALICE);
          assertThat(fs.stat("d").perm()).isEqualTo(06777);
        });
    c.add(
        "read_byUser_keepsSetIds",
        fs -> {
          fs.write("a", "content");
          fs.chmod("a", 06777);
          as(ALICE, () -> assertThat(fs.read("a")).isEqualTo("content"));
          assertThat(fs.stat("a").perm()).isEqualTo(06777);
        });
  }
}
