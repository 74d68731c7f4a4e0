package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.Posix;
import io.cachefs.testing.process.Require;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules that the kernel leaves to the file system, without a kernel in front. */
@ParameterizedClass
@EnumSource
class PosixRulesTest {
  private static final Caller ROOT = new Caller(0, 0, 1, 022);
  private static final Caller USER = new Caller(1000, 1001, 1, 027);
  private static final byte[] COLOUR = bytes("user.colour");

  @TempDir Path source;
  @TempDir Path cache;

  @SuppressWarnings("NullAway.Init")
  @Parameter
  Engine engine;

  private CacheFs cacheFs;
  private Vfs vfs;
  private Posix plain;

  @BeforeEach
  void open() throws FsException {
    Require.root();
    cacheFs = CacheFs.open(engine.config(source, cache));
    vfs = cacheFs.vfs();
    plain = Posix.in(source);
  }

  @AfterEach
  void close() {
    plain.close();
    cacheFs.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void assertFails(String errno, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(FsException.class).hasMessageContaining(errno);
  }

  private CreatedFile create(Caller caller, String name, int mode) throws FsException {
    return vfs.create(caller, Vfs.ROOT, Name.of(name), mode, OpenFlags.READ_WRITE);
  }

  private long file(String name) throws FsException {
    CreatedFile created = create(ROOT, name, 0644);
    vfs.release(created.file().handle());
    return created.entry().inodeId();
  }

  private static void assertOwner(Attributes attributes, int uid, int gid, int permissions) {
    assertThat(attributes.uid()).isEqualTo(uid);
    assertThat(attributes.gid()).isEqualTo(gid);
    assertThat(Integer.toOctalString(attributes.mode() & Mode.PERMISSIONS))
        .isEqualTo(Integer.toOctalString(permissions));
  }

  /** A POSIX access control list as {@code posix_acl_xattr.h} has it: tag, permission, id. */
  private static String acl(int... entries) {
    ByteBuffer list =
        ByteBuffer.allocate(4 + entries.length / 3 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    for (int i = 0; i < entries.length; i += 3) {
      list.putShort((short) entries[i]).putShort((short) entries[i + 1]).putInt(entries[i + 2]);
    }
    return new String(list.array(), StandardCharsets.ISO_8859_1);
  }

  // --- Owners and modes of new objects ---

  @Test
  void newObjects_belongToTheCallerAndObeyTheUmask() throws FsException {
    plain.chmod(".", 0755);
    assertOwner(create(USER, "f", 0666).entry().attributes(), 1000, 1001, 0640);
    assertOwner(vfs.mkdir(USER, Vfs.ROOT, Name.of("d"), 0777).attributes(), 1000, 1001, 0750);
    assertOwner(
        vfs.mknod(USER, Vfs.ROOT, Name.of("p"), Mode.FIFO | 0666, 0).attributes(),
        1000,
        1001,
        0640);
    assertOwner(
        vfs.symlink(USER, Vfs.ROOT, Name.of("l"), bytes("to")).attributes(), 1000, 1001, 0777);
    assertOwner(
        vfs.createUnnamed(USER, Vfs.ROOT, 0666, OpenFlags.READ_WRITE).entry().attributes(),
        1000,
        1001,
        0640);
    assertOwner(create(ROOT, "of root", 0666).entry().attributes(), 0, 0, 0644);
  }

  @Test
  void newObjects_inASetgidDirectory_takeItsGroup() throws FsException {
    plain.dir("d", 02777);
    plain.chown("d", -1, 77);
    plain.chmod("d", 02777);
    long directory = vfs.lookup(Vfs.ROOT, Name.of("d")).inodeId();

    assertOwner(
        vfs.create(USER, directory, Name.of("f"), 0666, OpenFlags.WRITE_ONLY).entry().attributes(),
        1000,
        77,
        0640);
    assertOwner(vfs.mkdir(USER, directory, Name.of("s"), 0777).attributes(), 1000, 77, 02750);
  }

  @Test
  void newObjects_underADefaultAcl_ignoreTheUmask() throws FsException {
    plain.mkdir("d");
    int all = -1;
    plain.setxattr("d", "system.posix_acl_default", acl(1, 7, all, 4, 6, all, 0x20, 4, all), 0);
    long directory = vfs.lookup(Vfs.ROOT, Name.of("d")).inodeId();

    Attributes made =
        vfs.create(USER, directory, Name.of("f"), 0666, OpenFlags.WRITE_ONLY).entry().attributes();

    assertOwner(made, 1000, 1001, 0664);
  }

  @Test
  void create_whereTheCallerMayOnlyByASupplementaryGroup_succeeds() throws FsException {
    plain.dir("d", 0770);
    plain.chown("d", 0, 77);
    long directory = vfs.lookup(Vfs.ROOT, Name.of("d")).inodeId();

    CreatedFile made = vfs.create(USER, directory, Name.of("f"), 0600, OpenFlags.WRITE_ONLY);

    assertOwner(made.entry().attributes(), 1000, 1001, 0600);
  }

  @Test
  void create_forAUserThatCannotBe_failsAndMakesNothing() {
    assertFails("EPERM", () -> create(new Caller(-1, 0, 1, 0), "f", 0600));
    assertThat(source).isEmptyDirectory();
  }

  // --- Privileges and access ---

  @Test
  void write_withKillPrivileges_clearsSetuidAndSetgid() throws FsException {
    CreatedFile file = create(ROOT, "f", 0755);
    long inode = file.entry().inodeId();
    vfs.setAttributes(inode, Vfs.NO_HANDLE, AttributeChange.NONE.withMode(06755));

    vfs.write(file.file().handle(), 0, ByteBuffer.wrap(new byte[1]), false);
    assertThat(vfs.attributes(inode, Vfs.NO_HANDLE).mode()).isEqualTo(0106755);
    vfs.write(file.file().handle(), 0, ByteBuffer.wrap(new byte[1]), true);

    assertThat(vfs.attributes(inode, Vfs.NO_HANDLE).mode()).isEqualTo(0100755);
  }

  @Test
  void killPrivileges_ofASetgidFileThatNobodyExecutes_keepsTheBit() throws FsException {
    long inode = file("f");
    vfs.setAttributes(inode, Vfs.NO_HANDLE, AttributeChange.NONE.withMode(02644));

    AttributeChange change = AttributeChange.NONE.withKillPrivileges();
    assertThat(vfs.setAttributes(inode, Vfs.NO_HANDLE, change).mode()).isEqualTo(0102644);
  }

  @ParameterizedTest
  @CsvSource({
    "0644, 4, true",
    "0644, 2, false",
    "0600, 4, false",
    "0755, 5, true",
    "0755, 0, true"
  })
  void access_ofAnotherUser_followsTheMode(String mode, int mask, boolean allowed)
      throws FsException {
    plain.chmod(".", 0755);
    plain.file("f", Integer.parseInt(mode, 8));
    long inode = vfs.lookup(Vfs.ROOT, Name.of("f")).inodeId();

    if (allowed) {
      vfs.access(USER, inode, mask);
    } else {
      assertFails("EACCES", () -> vfs.access(USER, inode, mask));
    }
  }

  @Test
  void access_ofAUserNamedInAnAcl_followsTheAcl() throws FsException {
    plain.file("f", 0600);
    int none = -1;
    plain.setxattr(
        "f",
        "system.posix_acl_access",
        acl(1, 6, none, 2, 4, 1000, 4, 0, none, 0x10, 4, none, 0x20, 0, none),
        0);
    long inode = vfs.lookup(Vfs.ROOT, Name.of("f")).inodeId();

    vfs.access(USER, inode, 4);
    assertFails("EACCES", () -> vfs.access(USER, inode, 2));
    assertFails("EACCES", () -> vfs.access(new Caller(1002, 1001, 1, 0), inode, 4));
  }

  @Test
  void sticky_ofADirectory_isKeptAndSeen() throws FsException {
    long directory = vfs.mkdir(ROOT, Vfs.ROOT, Name.of("d"), 01777).inodeId();
    assertOwner(vfs.attributes(directory, Vfs.NO_HANDLE), 0, 0, 01755);

    AttributeChange change = AttributeChange.NONE.withMode(01777);
    assertOwner(vfs.setAttributes(directory, Vfs.NO_HANDLE, change), 0, 0, 01777);
  }

  // --- Links, names, attributes ---

  @Test
  void link_ofAnUnnamedFile_namesItOnce() throws Exception {
    CreatedFile made = vfs.createUnnamed(USER, Vfs.ROOT, 0600, OpenFlags.READ_WRITE);
    vfs.write(made.file().handle(), 0, ByteBuffer.wrap(bytes("content")), false);
    assertThat(vfs.attributes(made.entry().inodeId(), Vfs.NO_HANDLE).linkCount()).isZero();

    assertThat(vfs.link(made.entry().inodeId(), Vfs.ROOT, Name.of("f")).inodeId())
        .isEqualTo(made.entry().inodeId());

    assertThat(Files.readString(source.resolve("f"))).isEqualTo("content");
    vfs.release(made.file().handle());
    assertThat(vfs.attributes(made.entry().inodeId(), Vfs.NO_HANDLE).linkCount()).isEqualTo(1);
  }

  @Test
  void symlink_hasOwnTimesOwnerAndLinks() throws FsException {
    long link = vfs.symlink(ROOT, Vfs.ROOT, Name.of("l"), bytes("nowhere")).inodeId();

    vfs.setAttributes(link, Vfs.NO_HANDLE, AttributeChange.NONE.withOwner(5, 6));
    vfs.link(link, Vfs.ROOT, Name.of("m"));

    assertOwner(vfs.attributes(link, Vfs.NO_HANDLE), 5, 6, 0777);
    assertThat(vfs.attributes(link, Vfs.NO_HANDLE).linkCount()).isEqualTo(2);
    assertThat(vfs.readlink(link)).isEqualTo(bytes("nowhere"));
    vfs.setXattr(link, bytes("trusted.x"), bytes("1"), 0);
    assertThat(plain.lgetxattr("l", "trusted.x")).isEqualTo("1");
    assertFails("EPERM", () -> vfs.setXattr(link, COLOUR, bytes("1"), 0));
    AttributeChange size = AttributeChange.NONE.withSize(1);
    assertFails("EINVAL", () -> vfs.setAttributes(link, Vfs.NO_HANDLE, size));
    assertFails("EISDIR", () -> vfs.setAttributes(Vfs.ROOT, Vfs.NO_HANDLE, size));
  }

  @Test
  void xattrs_ofADirectory_areListedByName() throws FsException {
    plain.mkdir("d");
    long directory = vfs.lookup(Vfs.ROOT, Name.of("d")).inodeId();
    vfs.setXattr(directory, COLOUR, bytes("blue"), 0);
    vfs.setXattr(directory, bytes("user.empty"), new byte[0], 0);

    assertThat(vfs.listXattrs(ROOT, directory))
        .containsExactlyInAnyOrder(COLOUR, bytes("user.empty"));
    assertThat(vfs.xattr(directory, bytes("user.empty"))).isEmpty();
    assertFails("EEXIST", () -> vfs.setXattr(directory, COLOUR, new byte[0], 1));
    assertFails("ENODATA", () -> vfs.setXattr(directory, bytes("user.x"), new byte[0], 2));
  }

  @Test
  void names_ofAnyBytesAndLength_areKept() throws FsException {
    byte[] longest = new byte[255];
    Arrays.fill(longest, (byte) 0xff);
    byte[] all = new byte[253];
    int length = 0;
    for (int b = 1; b < 255; b++) {
      if (b != '/') {
        all[length++] = (byte) b;
      }
    }
    for (byte[] name : new byte[][] {longest, all, {'\n'}, {' '}, {'\\'}}) {
      long inode = vfs.mkdir(ROOT, Vfs.ROOT, Name.of(name), 0755).inodeId();
      assertThat(vfs.lookup(Vfs.ROOT, Name.of(name)).inodeId()).isEqualTo(inode);
    }
    assertThat(plain.list("."))
        .contains(new String(longest, StandardCharsets.ISO_8859_1))
        .contains(new String(all, StandardCharsets.ISO_8859_1))
        .hasSize(5);
  }

  // --- Open files ---

  @Test
  void handles_openedForOneThing_refuseTheOther() throws FsException {
    long inode = file("f");
    long reader = vfs.open(inode, OpenFlags.READ_ONLY).handle();
    long writer = vfs.open(inode, OpenFlags.WRITE_ONLY).handle();
    ByteBuffer buffer = ByteBuffer.allocateDirect(10);

    assertFails("EBADF", () -> vfs.read(writer, 0, buffer));
    assertFails("EBADF", () -> vfs.write(reader, 0, buffer, false));
    assertFails("EBADF", () -> vfs.fallocate(reader, 0, 0, 10));
    assertFails("EBADF", () -> vfs.copyRange(writer, 0, writer, 100, 10));
    assertFails("EBADF", () -> vfs.copyRange(reader, 0, reader, 100, 10));
    AttributeChange size = AttributeChange.NONE.withSize(0);
    assertFails("EBADF", () -> vfs.setAttributes(inode, reader, size));
    vfs.release(reader);
    vfs.release(reader);
    assertFails("EBADF", () -> vfs.read(reader, 0, buffer));
    assertThat(vfs.passthrough(reader)).isNull();
  }

  @Test
  void handles_ofFilesAndDirectories_areNotTakenForEachOther() throws FsException {
    long inode = file("f");
    long fileHandle = vfs.open(inode, OpenFlags.READ_WRITE).handle();
    long directory = vfs.openDirectory(Vfs.ROOT).handle();

    assertFails("EISDIR", () -> vfs.read(directory, 0, ByteBuffer.allocate(1)));
    assertFails("EISDIR", () -> vfs.open(Vfs.ROOT, OpenFlags.READ_ONLY));
    assertFails("ENOTDIR", () -> vfs.openDirectory(inode));
    assertFails("ENOTDIR", () -> vfs.lookup(inode, Name.of("x")));
    assertFails("ENOTDIR", () -> vfs.fsyncDirectory(fileHandle, false));
    assertThat(vfs.passthrough(directory)).isNull();
    assertThat(Objects.requireNonNull(vfs.passthrough(fileHandle)).descriptor()).isPositive();
  }

  @Test
  void open_rightAfterAChange_doesNotKeepTheCache() throws FsException {
    long inode = file("f");

    assertThat(vfs.open(inode, OpenFlags.READ_ONLY).keepCache()).isFalse();
    assertThat(vfs.open(inode, OpenFlags.READ_ONLY).keepCache()).isFalse();
  }

  @Test
  void sparseFile_beyondFourGigabytes_isReadAndSought() throws FsException {
    long handle = create(ROOT, "f", 0600).file().handle();
    long far = (1L << 33) + 5;
    vfs.write(handle, far, ByteBuffer.wrap(bytes("far")), false);

    ByteBuffer target = ByteBuffer.allocate(10);
    assertThat(vfs.read(handle, far - 2, target)).isEqualTo(5);
    assertThat(target.array()).startsWith(0, 0, 'f', 'a', 'r');
    assertThat(vfs.seek(handle, 0, Flags.SEEK_DATA)).isGreaterThan(1L << 32);
    assertThat(vfs.seek(handle, 0, Flags.SEEK_HOLE)).isZero();
  }

  @Test
  void statfs_isThatOfTheSource() throws FsException {
    assertThat(vfs.statfs(Vfs.ROOT).blocks()).isEqualTo(plain.statfs(".").blocks());
    assertThat(vfs.statfs(file("f")).nameMax()).isEqualTo(255);
  }

  @Test
  void ioctl_ofFileFlags_getsAndSetsThem() throws FsException {
    CreatedFile made = create(ROOT, "f", 0600);
    long handle = made.file().handle();
    byte[] flags = vfs.ioctl(handle, 0x80086601, new byte[0], 8);
    int before = ByteBuffer.wrap(flags).order(ByteOrder.LITTLE_ENDIAN).getInt();
    byte[] wanted =
        ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(before | Flags.FS_NODUMP_FL)
            .array();

    assertThat(vfs.ioctl(handle, 0x40086602, wanted, 0)).isEmpty();

    byte[] after = vfs.ioctl(handle, 0x80046601, new byte[0], 4);
    assertThat(ByteBuffer.wrap(after).order(ByteOrder.LITTLE_ENDIAN).getInt())
        .isEqualTo(before | Flags.FS_NODUMP_FL);
    assertFails("ENOTTY", () -> vfs.ioctl(handle, 0x5401, new byte[0], 4));
    long directory = vfs.openDirectory(Vfs.ROOT).handle();
    assertThat(vfs.ioctl(directory, 0x80086601, new byte[0], 8)).hasSize(8);
  }

  @Test
  void syncs_ofEverything_succeed() throws FsException {
    long handle = create(ROOT, "f", 0600).file().handle();
    long directory = vfs.openDirectory(Vfs.ROOT).handle();

    vfs.fsync(handle, true);
    vfs.fsyncDirectory(directory, false);
    vfs.flush(handle);
    vfs.syncAll();
    vfs.releaseDirectory(directory);

    assertFails("EBADF", () -> vfs.fsyncDirectory(directory, false));
  }
}
