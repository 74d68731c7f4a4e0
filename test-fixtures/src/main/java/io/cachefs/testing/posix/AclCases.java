package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** POSIX access control lists, which user space sees as two extended attributes. */
final class AclCases {
  private static final String ACCESS = "system.posix_acl_access";
  private static final String DEFAULT = "system.posix_acl_default";
  private static final int USER_OBJ = 1;
  private static final int USER = 2;
  private static final int GROUP_OBJ = 4;
  private static final int GROUP = 8;
  private static final int MASK = 0x10;
  private static final int OTHER = 0x20;
  private static final int NOBODY = -1;

  private AclCases() {}

  /** The attribute's value for entries of tag, permissions and id. */
  private static String acl(int... entries) {
    ByteBuffer out = ByteBuffer.allocate(4 + entries.length / 3 * 8).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(2);
    for (int i = 0; i < entries.length; i += 3) {
      out.putShort((short) entries[i]).putShort((short) entries[i + 1]).putInt(entries[i + 2]);
    }
    byte[] bytes = new byte[out.position()];
    out.flip();
    out.get(bytes);
    return LibC.text(bytes);
  }

  private static String minimal(int user, int group, int other) {
    return acl(USER_OBJ, user, NOBODY, GROUP_OBJ, group, NOBODY, OTHER, other, NOBODY);
  }

  private static String forAlice(int user, int alice, int group, int mask, int other) {
    return acl(
        USER_OBJ, user, NOBODY, USER, alice, ALICE, GROUP_OBJ, group, NOBODY, MASK, mask, NOBODY,
        OTHER, other, NOBODY);
  }

  private static String forTeam(int user, int group, int team, int mask, int other) {
    return acl(
        USER_OBJ, user, NOBODY, GROUP_OBJ, group, NOBODY, GROUP, team, TEAM, MASK, mask, NOBODY,
        OTHER, other, NOBODY);
  }

  static CaseList cases() {
    CaseList c = new CaseList("access control lists", Need.ACL);
    access(c);
    mode(c);
    inherited(c);
    return c;
  }

  private static void access(CaseList c) {
    c.add(
        "acl_namedUser_isGrantedWhatModeRefuses",
        fs -> {
          fs.file("a", 0600);
          fs.write("a", "content");
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_RDONLY)));
          fs.setxattr("a", ACCESS, forAlice(6, 4, 0, 4, 0), 0);
          as(ALICE, () -> assertThat(fs.read("a")).isEqualTo("content"));
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_WRONLY)));
          as(BOB, () -> expect(Errno.EACCES, () -> fs.open("a", O_RDONLY)));
        },
        Need.OTHER_USERS);
    c.add(
        "acl_namedUser_isRefusedWhatOthersMay",
        fs -> {
          fs.file("a", 0644);
          fs.setxattr("a", ACCESS, forAlice(6, 0, 4, 4, 4), 0);
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_RDONLY)));
          as(BOB, () -> assertThat(fs.read("a")).isEmpty());
        },
        Need.OTHER_USERS);
    c.add(
        "acl_namedGroup_isGranted",
        fs -> {
          fs.file("a", 0600);
          fs.setxattr("a", ACCESS, forTeam(6, 0, 6, 6, 0), 0);
          as(ALICE, ALICE, TEAM, () -> assertThat(fs.open("a", O_RDWR).write("x")).isEqualTo(1));
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_RDONLY)));
        },
        Need.OTHER_USERS);
    c.add(
        "acl_mask_limitsNamedUser",
        fs -> {
          fs.file("a", 0600);
          fs.setxattr("a", ACCESS, forAlice(6, 6, 0, 4, 0), 0);
          as(ALICE, () -> assertThat(fs.read("a")).isEmpty());
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_WRONLY)));
        },
        Need.OTHER_USERS);
    c.add(
        "acl_onDirectory_grantsCreating",
        fs -> {
          fs.dir("d", 0700);
          fs.setxattr("d", ACCESS, forAlice(7, 7, 0, 7, 0), 0);
          as(ALICE, () -> fs.write("d/a", "x"));
          assertThat(fs.stat("d/a").uid()).isEqualTo(ALICE);
          as(BOB, () -> expect(Errno.EACCES, () -> fs.list("d")));
        },
        Need.OTHER_USERS);
    c.add(
        "acl_removed_refusesAtOnce",
        fs -> {
          fs.file("a", 0600);
          fs.setxattr("a", ACCESS, forAlice(6, 6, 0, 6, 0), 0);
          as(ALICE, () -> fs.open("a", O_RDWR).close());
          fs.removexattr("a", ACCESS);
          fs.chmod("a", 0600);
          as(ALICE, () -> expect(Errno.EACCES, () -> fs.open("a", O_RDONLY)));
          assertThat(fs.listxattr("a")).isEmpty();
        },
        Need.OTHER_USERS);
    c.add(
        "acl_setByOther_failsWithEperm",
        fs -> {
          fs.file("a", 0666);
          String acl = forAlice(6, 6, 6, 6, 6);
          as(ALICE, () -> expect(Errno.EPERM, () -> fs.setxattr("a", ACCESS, acl, 0)));
        },
        Need.OTHER_USERS);
  }

  private static void mode(CaseList c) {
    c.add(
        "acl_readsBack",
        fs -> {
          fs.write("a", "");
          String acl = forAlice(6, 5, 4, 7, 0);
          fs.setxattr("a", ACCESS, acl, 0);
          assertThat(fs.getxattr("a", ACCESS)).isEqualTo(acl);
          assertThat(fs.listxattr("a")).containsExactly(ACCESS);
        });
    c.add(
        "acl_mask_isTheGroupBitsOfTheMode",
        fs -> {
          fs.file("a", 0644);
          fs.setxattr("a", ACCESS, forAlice(7, 6, 4, 6, 1), 0);
          assertThat(fs.stat("a").perm()).isEqualTo(0761);
        });
    c.add(
        "acl_chmod_changesTheMask",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", ACCESS, forAlice(6, 6, 4, 6, 0), 0);
          fs.chmod("a", 0741);
          assertThat(fs.getxattr("a", ACCESS)).isEqualTo(forAlice(7, 6, 4, 4, 1));
        });
    c.add(
        "acl_minimal_becomesTheModeAndIsNotListed",
        fs -> {
          fs.file("a", 0600);
          fs.setxattr("a", ACCESS, minimal(6, 4, 2), 0);
          assertThat(fs.stat("a").perm()).isEqualTo(0642);
          assertThat(fs.listxattr("a")).isEmpty();
          expect(Errno.ENODATA, () -> fs.getxattr("a", ACCESS));
        });
    c.add(
        "acl_namedUserWithoutMask_failsWithEinval",
        fs -> {
          fs.write("a", "");
          String acl =
              acl(USER_OBJ, 6, NOBODY, USER, 6, ALICE, GROUP_OBJ, 4, NOBODY, OTHER, 0, NOBODY);
          expect(Errno.EINVAL, () -> fs.setxattr("a", ACCESS, acl, 0));
        });
    c.add(
        "acl_garbage_failsWithEinval",
        fs -> {
          fs.write("a", "");
          expect(Errno.EINVAL, () -> fs.setxattr("a", ACCESS, "\u0002\0\0\0garbage!", 0));
        });
    c.add(
        "acl_wrongVersion_failsWithEopnotsupp",
        fs -> {
          fs.write("a", "");
          String wrong = "\u0001" + minimal(6, 4, 4).substring(1);
          expect(Errno.EOPNOTSUPP, () -> fs.setxattr("a", ACCESS, wrong, 0));
        });
    c.add(
        "acl_setxattr_changesCtimeNotMtime",
        fs -> {
          fs.write("a", "");
          Stat before = fs.stat("a");
          tick();
          fs.setxattr("a", ACCESS, forAlice(6, 6, 4, 6, 0), 0);
          assertThat(fs.stat("a").ctime()).isGreaterThan(before.ctime());
          assertThat(fs.stat("a").mtime()).isEqualTo(before.mtime());
        });
    c.add(
        "acl_survivesRename",
        fs -> {
          fs.write("a", "");
          fs.setxattr("a", ACCESS, forAlice(6, 5, 4, 7, 0), 0);
          fs.rename("a", "b");
          assertThat(fs.getxattr("b", ACCESS)).isEqualTo(forAlice(6, 5, 4, 7, 0));
        });
  }

  private static void inherited(CaseList c) {
    c.add(
        "aclDefault_newFile_getsIt",
        fs -> {
          fs.mkdir("d");
          fs.setxattr("d", DEFAULT, forAlice(7, 6, 5, 7, 0), 0);
          fs.open("d/a", O_CREAT | O_WRONLY, 0666).close();
          assertThat(fs.getxattr("d/a", ACCESS)).isEqualTo(forAlice(6, 6, 5, 6, 0));
          assertThat(fs.stat("d/a").perm()).isEqualTo(0660);
        });
    c.add(
        "aclDefault_newDirectory_getsItAsDefault",
        fs -> {
          fs.mkdir("d");
          String acl = forAlice(7, 6, 5, 7, 0);
          fs.setxattr("d", DEFAULT, acl, 0);
          fs.mkdir("d/e", 0777);
          assertThat(fs.getxattr("d/e", DEFAULT)).isEqualTo(acl);
          assertThat(fs.getxattr("d/e", ACCESS)).isEqualTo(acl);
        });
    c.add(
        "aclDefault_overridesTheUmask",
        fs -> {
          fs.mkdir("d");
          fs.setxattr("d", DEFAULT, minimal(7, 7, 7), 0);
          Posix.umask(077);
          fs.open("d/a", O_CREAT | O_WRONLY, 0666).close();
          fs.mkdir("d/e", 0775);
          fs.mkfifo("d/p", 0664);
          assertThat(fs.stat("d/a").perm()).isEqualTo(0666);
          assertThat(fs.stat("d/e").perm()).isEqualTo(0775);
          assertThat(fs.stat("d/p").perm()).isEqualTo(0664);
        });
    c.add(
        "aclDefault_absent_umaskCounts",
        fs -> {
          fs.mkdir("d");
          fs.setxattr("d", DEFAULT, minimal(7, 7, 7), 0);
          fs.removexattr("d", DEFAULT);
          Posix.umask(077);
          fs.open("d/a", O_CREAT | O_WRONLY, 0666).close();
          assertThat(fs.stat("d/a").perm()).isEqualTo(0600);
        });
    c.add(
        "aclDefault_doesNotChangeTheDirectoryItself",
        fs -> {
          fs.dir("d", 0750);
          fs.setxattr("d", DEFAULT, forAlice(7, 7, 7, 7, 7), 0);
          assertThat(fs.stat("d").perm()).isEqualTo(0750);
          expect(Errno.ENODATA, () -> fs.getxattr("d", ACCESS));
        });
    c.add(
        "aclDefault_onFile_failsWithEacces",
        fs -> {
          fs.write("a", "");
          expect(Errno.EACCES, () -> fs.setxattr("a", DEFAULT, minimal(7, 7, 7), 0));
        });
    c.add(
        "aclDefault_existingFiles_areLeftAlone",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "");
          fs.setxattr("d", DEFAULT, forAlice(7, 7, 7, 7, 7), 0);
          assertThat(fs.listxattr("d/a")).isEmpty();
          assertThat(fs.stat("d/a").perm()).isEqualTo(0644);
        });
    c.add(
        "aclDefault_grantsNamedUserOnNewFile",
        fs -> {
          fs.dir("d", 0755);
          fs.setxattr("d", DEFAULT, forAlice(7, 6, 0, 6, 0), 0);
          fs.open("d/a", O_CREAT | O_WRONLY, 0666).write("content");
          as(ALICE, () -> assertThat(fs.read("d/a")).isEqualTo("content"));
          as(BOB, () -> expect(Errno.EACCES, () -> fs.open("d/a", O_RDONLY)));
        },
        Need.OTHER_USERS);
  }
}
