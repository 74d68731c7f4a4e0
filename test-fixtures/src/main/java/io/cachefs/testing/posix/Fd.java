package io.cachefs.testing.posix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jnr.ffi.Pointer;

/**
 * An open file descriptor. Contents are byte strings: one byte a character. The {@link Posix} that
 * opened it closes it at the latest.
 */
public final class Fd implements AutoCloseable {
  private final int number;
  private final List<Mapping> mappings = new ArrayList<>();
  private boolean closed;

  Fd(int number) {
    this.number = number;
  }

  /** The descriptor's number. */
  public int number() {
    return number;
  }

  /** A path to the open file itself. */
  public String procPath() {
    return "/proc/self/fd/" + number;
  }

  /** Reads at the descriptor's position: up to {@code count} bytes. */
  public String read(int count) {
    Pointer memory = LibC.memory(count);
    return LibC.text(LibC.bytes(memory, LibC.call(Sys.READ, number, memory, count)));
  }

  /** Reads at an offset: up to {@code count} bytes. */
  public String pread(long offset, int count) {
    Pointer memory = LibC.memory(count);
    return LibC.text(LibC.bytes(memory, LibC.call(Sys.PREAD64, number, memory, count, offset)));
  }

  /** Writes at the descriptor's position and answers how many bytes were taken. */
  public long write(String content) {
    byte[] bytes = LibC.bytes(content);
    return LibC.call(Sys.WRITE, number, LibC.memory(bytes), bytes.length);
  }

  /** Writes at an offset and answers how many bytes were taken. */
  public long pwrite(long offset, String content) {
    byte[] bytes = LibC.bytes(content);
    return LibC.call(Sys.PWRITE64, number, LibC.memory(bytes), bytes.length, offset);
  }

  /** Writes from memory that is aligned to 4096 plus {@code skew}, as O_DIRECT asks for. */
  public long pwriteAligned(long offset, String content, int skew) {
    byte[] bytes = LibC.bytes(content);
    Pointer memory = LibC.memory(bytes.length + 8192);
    int start = alignment(memory) + skew;
    memory.put(start, bytes, 0, bytes.length);
    return LibC.call(Sys.PWRITE64, number, memory.slice(start, bytes.length), bytes.length, offset);
  }

  /** Reads to memory that is aligned to 4096, as O_DIRECT asks for. */
  public String preadAligned(long offset, int count) {
    Pointer memory = LibC.memory(count + 8192);
    Pointer aligned = memory.slice(alignment(memory), count);
    return LibC.text(LibC.bytes(aligned, LibC.call(Sys.PREAD64, number, aligned, count, offset)));
  }

  /** Moves the position. */
  public long seek(long offset, int whence) {
    return LibC.call(Sys.LSEEK, number, offset, whence);
  }

  /** Sets the size. */
  public void truncate(long size) {
    LibC.call(Sys.FTRUNCATE, number, size);
  }

  /** The attributes of the open file. */
  public Stat stat() {
    Pointer memory = LibC.memory(Stat.SIZE);
    LibC.call(Sys.STATX, number, "", Flags.AT_EMPTY_PATH, Stat.WANTED, memory);
    return Stat.from(memory);
  }

  /** The size of the open file. */
  public long size() {
    return stat().size();
  }

  /** Sets the permission bits. */
  public void chmod(int mode) {
    LibC.call(Sys.FCHMOD, number, mode);
  }

  /** Sets the owner; -1 leaves one alone. */
  public void chown(int uid, int gid) {
    LibC.call(Sys.FCHOWN, number, uid, gid);
  }

  /** Sets the times, given in nanoseconds. */
  public void utimens(long atime, long mtime) {
    LibC.call(Sys.UTIMENSAT, number, 0, Buffers.times(atime, mtime), 0);
  }

  /** The C function fsync. */
  public void sync() {
    LibC.call(Sys.FSYNC, number);
  }

  /** The C function fdatasync. */
  public void datasync() {
    LibC.call(Sys.FDATASYNC, number);
  }

  /** Writes back the whole file system the file is on. */
  public void syncfs() {
    LibC.call(Sys.SYNCFS, number);
  }

  /** The C function fallocate. */
  public void fallocate(int mode, long offset, long length) {
    LibC.call(Sys.FALLOCATE, number, mode, offset, length);
  }

  /** The C function flock. */
  public void flock(int operation) {
    LibC.call(Sys.FLOCK, number, operation);
  }

  /** Sets a range lock: {@code command} is F_SETLK or F_OFD_SETLK. */
  public void lock(int command, int type, long start, long length) {
    LibC.call(Sys.FCNTL, number, command, flockMemory(type, start, length));
  }

  /** Asks which lock is in the way, with F_GETLK or F_OFD_GETLK: its type, start, length. */
  public List<Long> conflict(int command, int type, long start, long length) {
    Pointer memory = flockMemory(type, start, length);
    LibC.call(Sys.FCNTL, number, command, memory);
    return List.of((long) memory.getShort(0), memory.getLong(8), memory.getLong(16));
  }

  /** The flags the descriptor was opened with. */
  public int flags() {
    return (int) LibC.call(Sys.FCNTL, number, Flags.F_GETFL);
  }

  /** Sets the flags that can change while a file is open. */
  public void flags(int flags) {
    LibC.call(Sys.FCNTL, number, Flags.F_SETFL, flags);
  }

  /** Another descriptor for the same open file; the caller closes it. */
  public Fd dup() {
    return new Fd((int) LibC.call(Sys.DUP, number));
  }

  /** Copies between files in the kernel; offset -1 stands for the descriptor's own position. */
  public long copyTo(long from, Fd target, long to, long count) {
    Pointer in = LibC.memory(8);
    Pointer out = LibC.memory(8);
    in.putLong(0, from);
    out.putLong(0, to);
    Object first = from < 0 ? 0L : in;
    Object second = to < 0 ? 0L : out;
    return LibC.call(Sys.COPY_FILE_RANGE, number, first, target.number, second, count, 0);
  }

  /** Maps the file from an offset on. */
  public Mapping mmap(int protection, int flags, long length, long offset) {
    Mapping mapping =
        new Mapping(LibC.call(Sys.MMAP, 0, length, protection, flags, number, offset), length);
    mappings.add(mapping);
    return mapping;
  }

  /** One call of getdents64: the next entries, none at the end. */
  public List<Dirent> getdents(int bytes) {
    Pointer memory = LibC.memory(bytes);
    long count = LibC.call(Sys.GETDENTS64, number, memory, bytes);
    List<Dirent> entries = new ArrayList<>();
    for (long at = 0; at < count; ) {
      int length = memory.getShort(at + 16) & 0xffff;
      byte[] name = new byte[length - 19];
      memory.get(at + 19, name, 0, name.length);
      int end = 0;
      while (name[end] != 0) {
        end++;
      }
      entries.add(
          new Dirent(
              memory.getLong(at),
              memory.getLong(at + 8),
              memory.getByte(at + 18),
              LibC.text(Arrays.copyOf(name, end))));
      at += length;
    }
    return entries;
  }

  /** All entries from the descriptor's position on. */
  public List<Dirent> entries() {
    List<Dirent> all = new ArrayList<>();
    for (List<Dirent> some = getdents(65536); !some.isEmpty(); some = getdents(65536)) {
      all.addAll(some);
    }
    return all;
  }

  /** The inode flags that chattr shows. */
  public int inodeFlags() {
    Pointer memory = LibC.memory(8);
    LibC.call(Sys.IOCTL, number, 0x80086601L, memory);
    return memory.getInt(0);
  }

  /** Sets the inode flags. */
  public void inodeFlags(int flags) {
    Pointer memory = LibC.memory(8);
    memory.putInt(0, flags);
    LibC.call(Sys.IOCTL, number, 0x40086602L, memory);
  }

  /** The value of an extended attribute. */
  public String getxattr(String name) {
    return Buffers.xattrValue(Sys.FGETXATTR, number, name, 65536);
  }

  /** Sets an extended attribute. */
  public void setxattr(String name, String value, int flags) {
    byte[] bytes = LibC.bytes(value);
    LibC.call(Sys.FSETXATTR, number, name, LibC.memory(bytes), bytes.length, flags);
  }

  /** The names of the extended attributes. */
  public List<String> listxattr() {
    return Buffers.xattrNames(Sys.FLISTXATTR, number);
  }

  /** Removes an extended attribute. */
  public void removexattr(String name) {
    LibC.call(Sys.FREMOVEXATTR, number, name);
  }

  /** Figures of the file system the file is on. */
  public StatFs statfs() {
    Pointer memory = LibC.memory(128);
    LibC.call(Sys.FSTATFS, number, memory);
    return StatFs.from(memory);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      mappings.forEach(Mapping::close);
      LibC.call(Sys.CLOSE, number);
    }
  }

  private static int alignment(Pointer memory) {
    return (int) (4096 - memory.address() % 4096);
  }

  private static Pointer flockMemory(int type, long start, long length) {
    Pointer memory = LibC.memory(32);
    memory.putShort(0, (short) type);
    memory.putLong(8, start);
    memory.putLong(16, length);
    return memory;
  }
}
