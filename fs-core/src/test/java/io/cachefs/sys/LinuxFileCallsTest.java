package io.cachefs.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Timestamp;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.process.Require;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each call once with success and once with an error of the kernel. */
class LinuxFileCallsTest {
  private static final byte[] SELF = {0};
  private static final int NOT_OPEN = 1_000_000;
  private static final byte[] COLOUR = "user.colour".getBytes(StandardCharsets.US_ASCII);

  private final FileCalls calls = new LinuxFileCalls();

  @TempDir Path directory;

  private final List<Integer> opened = new ArrayList<>();
  private int top;

  @BeforeEach
  void openDirectory() throws FsException {
    top = open(FileCalls.CURRENT_DIRECTORY, directory.toString(), OpenFlags.DIRECTORY, 0);
  }

  @AfterEach
  void closeAll() {
    opened.forEach(calls::close);
  }

  private int open(int at, String path, int flags, int mode) throws FsException {
    int descriptor = calls.open(at, path(path), flags, mode);
    opened.add(descriptor);
    return descriptor;
  }

  private int file(String name) throws FsException {
    return open(top, name, OpenFlags.CREATE | OpenFlags.READ_WRITE, 0600);
  }

  private static byte[] path(String text) {
    return (text + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer direct(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private Attributes attributes(int descriptor) throws FsException {
    return calls.attributes(descriptor, SELF, FileCalls.EMPTY_PATH);
  }

  private static void assertFails(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(FsException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void open_ofAMissingFile_isNoSuchFile() {
    assertFails(Errno.ENOENT, () -> calls.open(top, path("none"), 0, 0));
  }

  @Test
  void open_closesOnExec() throws Exception {
    int descriptor = file("f");
    String flags = Files.readString(Path.of("/proc/self/fdinfo/" + descriptor));

    assertThat(flags).containsPattern("flags:\\s+02");
  }

  @Test
  void readAndWrite_moveTheBufferAndNotThePosition() throws Exception {
    int f = file("f");
    ByteBuffer data = direct("..hello..").position(2).limit(7);

    assertThat(calls.write(f, 3, data)).isEqualTo(5);
    assertThat(data.hasRemaining()).isFalse();
    ByteBuffer target = ByteBuffer.allocateDirect(20).position(4);
    assertThat(calls.read(f, 4, target)).isEqualTo(4);

    assertThat(target.position()).isEqualTo(8);
    assertThat((char) target.get(4)).isEqualTo('e');
    assertThat(Files.size(directory.resolve("f"))).isEqualTo(8);
  }

  @Test
  void readAndWrite_ofSlicesAndReadOnlyBuffers_useTheRightMemory() throws Exception {
    int f = file("f");
    ByteBuffer slice = direct("0123456789").position(5).slice();

    calls.write(f, 0, slice.position(1).asReadOnlyBuffer());
    ByteBuffer whole = ByteBuffer.allocateDirect(10);
    calls.read(f, 0, whole.position(2).slice().position(1));

    assertThat(Files.readString(directory.resolve("f"))).isEqualTo("6789");
    assertThat((char) whole.get(3)).isEqualTo('6');
  }

  @Test
  void readAndWrite_inTheWrongMode_areBadDescriptors() throws FsException {
    int f = file("f");
    int readOnly = open(top, "f", OpenFlags.READ_ONLY, 0);
    int writeOnly = open(top, "f", OpenFlags.WRITE_ONLY, 0);

    assertFails(Errno.EBADF, () -> calls.write(readOnly, 0, direct("x")));
    assertFails(Errno.EBADF, () -> calls.read(writeOnly, 0, direct("x")));
    assertFails(Errno.EINVAL, () -> calls.read(f, -1, direct("x")));
  }

  @Test
  void handles_findAFileAgainAndAreStaleAfterIt() throws FsException {
    Require.root();
    int f = file("f");
    byte[] handle = calls.handleOf(f, SELF, FileCalls.EMPTY_PATH);

    int again = calls.openByHandle(top, handle, OpenFlags.READ_ONLY);
    opened.add(again);
    assertThat(attributes(again).inode()).isEqualTo(attributes(f).inode());
    opened.forEach(
        descriptor -> {
          if (descriptor != top) {
            calls.close(descriptor);
          }
        });
    opened.removeIf(descriptor -> descriptor != top);
    calls.unlink(top, path("f"), 0);
    assertFails(Errno.ESTALE, () -> calls.openByHandle(top, handle, 0));
    assertFails(Errno.ENOENT, () -> calls.handleOf(top, path("f"), 0));
  }

  @Test
  void attributes_areThoseOfJava() throws Exception {
    int f = file("f");
    calls.write(f, 0, direct("12345"));

    Attributes attributes = attributes(f);

    Path javaPath = directory.resolve("f");
    assertThat(attributes.inode()).isEqualTo(Files.getAttribute(javaPath, "unix:ino"));
    assertThat(attributes.device()).isEqualTo(Files.getAttribute(javaPath, "unix:dev"));
    assertThat(attributes.mode()).isEqualTo(Files.getAttribute(javaPath, "unix:mode"));
    assertThat(attributes.size()).isEqualTo(5);
    assertThat(attributes.linkCount()).isEqualTo(1);
    assertFails(Errno.ENOENT, () -> calls.attributes(top, path("none"), 0));
  }

  @Test
  void statfs_ofAFileSystem_hasItsSize() throws Exception {
    assertThat(calls.statfs(top).nameMax()).isEqualTo(255);
    assertThat(calls.statfs(top).blocks() * calls.statfs(top).fragmentSize())
        .isEqualTo(Files.getFileStore(directory).getTotalSpace());
    assertFails(Errno.EBADF, () -> calls.statfs(NOT_OPEN));
  }

  @Test
  void sizes_beyondFourGigabytes_areExact() throws FsException {
    int f = file("f");
    long size = (5L << 30) + 7;
    calls.truncate(f, size);
    calls.write(f, size, direct("x"));

    assertThat(attributes(f).size()).isEqualTo(size + 1);
    assertThat(calls.seek(f, 0, Flags.SEEK_DATA)).isGreaterThan(1L << 32);
    assertFails(Errno.EINVAL, () -> calls.truncate(f, -1));
    assertFails(Errno.ENXIO, () -> calls.seek(f, size + 10, Flags.SEEK_DATA));
  }

  @Test
  void copyRange_hasSixArguments_andCopiesBothOffsets() throws Exception {
    int from = file("from");
    int to = file("to");
    calls.write(from, 0, direct("0123456789"));

    assertThat(calls.copyRange(from, 3, to, 2, 4)).isEqualTo(4);

    assertThat(Files.readString(directory.resolve("to"))).isEqualTo("\0\0003456");
    assertFails(Errno.EBADF, () -> calls.copyRange(from, 0, NOT_OPEN, 0, 1));
  }

  @Test
  void syncs_ofAnOpenFile_succeed() throws FsException {
    int f = file("f");
    calls.sync(f, true);
    calls.sync(f, false);
    calls.syncFileSystem(f);
    calls.closeCopy(f);
    assertThat(attributes(f).size()).isZero();
    assertFails(Errno.EBADF, () -> calls.sync(NOT_OPEN, true));
    assertFails(Errno.EBADF, () -> calls.syncFileSystem(NOT_OPEN));
    assertFails(Errno.EBADF, () -> calls.closeCopy(NOT_OPEN));
  }

  @Test
  void allocate_extendsAFile() throws FsException {
    int f = file("f");
    calls.allocate(f, 0, 1000, 2000);

    assertThat(attributes(f).size()).isEqualTo(3000);
    assertFails(Errno.EINVAL, () -> calls.allocate(f, 0, 0, 0));
  }

  @Test
  void readDirectory_fillsRecords() throws FsException {
    file("some name");
    ByteBuffer entries = ByteBuffer.allocateDirect(4096);
    int count = calls.readDirectory(top, entries);
    byte[] raw = new byte[count];
    entries.get(0, raw);

    assertThat(new String(raw, StandardCharsets.US_ASCII)).contains("some name\0");
    assertThat(calls.readDirectory(top, entries)).isZero();
    int f = file("f");
    assertFails(Errno.ENOTDIR, () -> calls.readDirectory(f, entries));
  }

  @Test
  void names_areMadeMovedAndRemoved() throws FsException {
    calls.mkdir(top, path("d"), 0700);
    assertFails(Errno.EEXIST, () -> calls.mkdir(top, path("d"), 0700));
    calls.symlink("to".getBytes(StandardCharsets.US_ASCII), top, path("l"));
    int link = open(top, "l", OpenFlags.PATH | OpenFlags.NOFOLLOW, 0);
    assertThat(calls.readlink(link)).isEqualTo(new byte[] {'t', 'o'});
    assertFails(Errno.ENOENT, () -> calls.readlink(top));
    calls.mknod(top, path("p"), Mode.FIFO | 0600, 0);
    assertThat(calls.attributes(top, path("p"), 0).mode() & Mode.TYPE_MASK).isEqualTo(Mode.FIFO);
    calls.link(file("f"), top, path("g"));
    assertFails(Errno.EPERM, () -> calls.link(top, top, path("h")));
    calls.rename(top, path("g"), top, path("h"), 0);
    assertFails(
        Errno.EEXIST, () -> calls.rename(top, path("h"), top, path("p"), Flags.RENAME_NOREPLACE));
    calls.unlink(top, path("h"), 0);
    calls.unlink(top, path("d"), FileCalls.REMOVE_DIRECTORY);
    assertFails(Errno.ENOENT, () -> calls.unlink(top, path("d"), 0));
    byte[] withNul = {'a', 0, 'b'};
    assertFails(Errno.EINVAL, () -> calls.symlink(withNul, top, path("x")));
  }

  @Test
  void changes_ofAPathDescriptor_reachTheFile() throws FsException {
    Require.root();
    file("f");
    int f = open(top, "f", OpenFlags.PATH, 0);
    Timestamp time = new Timestamp(1_000_000_000, 123_456_789);

    calls.chmod(f, 0640);
    calls.chown(f, 5, -1);
    calls.setTimes(f, null, new TimeChange.At(time));
    Attributes after = attributes(f);

    assertThat(after.mode() & Mode.PERMISSIONS).isEqualTo(0640);
    assertThat(after.uid()).isEqualTo(5);
    assertThat(after.gid()).isZero();
    assertThat(after.modified()).isEqualTo(time);
    assertThat(after.accessed().seconds()).isGreaterThan(time.seconds());
    calls.setTimes(f, new TimeChange.Now(), new TimeChange.Now());
    assertThat(attributes(f).modified()).isGreaterThan(time);
    calls.access(f, 7 - 1);
    assertFails(Errno.EACCES, () -> calls.access(f, 1));
  }

  @Test
  void xattrs_ofAnySize_areSetReadAndRemoved() throws FsException {
    int f = open(top, "f", OpenFlags.CREATE | OpenFlags.READ_WRITE, 0600);
    for (int size : new int[] {0, 1, 256, 257, 3000}) {
      byte[] value = new byte[size];
      calls.setXattr(f, COLOUR, value, 0);
      assertThat(calls.xattr(f, COLOUR)).isEqualTo(value);
    }
    assertThat(calls.listXattrs(f)).isEqualTo(path("user.colour"));
    assertFails(Errno.EEXIST, () -> calls.setXattr(f, COLOUR, new byte[0], 1));
    calls.removeXattr(f, COLOUR);
    assertFails(Errno.ENODATA, () -> calls.xattr(f, COLOUR));
    assertFails(Errno.ENODATA, () -> calls.removeXattr(f, COLOUR));
    assertThat(calls.listXattrs(f)).isEmpty();
  }

  @Test
  void ioctl_unknown_isRefused() throws FsException {
    int f = file("f");
    assertFails(Errno.ENOTTY, () -> calls.ioctl(f, 0x12345678, ByteBuffer.allocateDirect(64)));
  }

  @Test
  void close_ofAClosedDescriptor_isHarmless() {
    calls.close(NOT_OPEN);
    assertThat(top).isPositive();
  }
}
