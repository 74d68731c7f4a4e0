package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.sys.FileCalls;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** A real directory, which is kept open; it may be renamed while it is used. */
public final class DirectoryDisk implements Disk, Closeable {
  private static final int PRIVATE_DIRECTORY = 0700;
  private static final int PRIVATE_FILE = 0600;
  private static final byte[] SELF = {0};

  /** Offsets in {@code struct linux_dirent64}. */
  private static final int RECORD_LENGTH = 16;

  private static final int NAME = 19;

  private final FileCalls calls;
  private final int directory;
  private final AtomicBoolean closed = new AtomicBoolean();

  private DirectoryDisk(FileCalls calls, int directory) {
    this.calls = calls;
    this.directory = directory;
  }

  /** Opens a directory and makes it if it is not there; the one it is in must be. */
  public static DirectoryDisk open(FileCalls calls, Path path) throws FsException {
    byte[] name = terminated(path.toString());
    int flags = OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    try {
      return new DirectoryDisk(calls, calls.open(FileCalls.CURRENT_DIRECTORY, name, flags, 0));
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
    }
    calls.mkdir(FileCalls.CURRENT_DIRECTORY, name, PRIVATE_DIRECTORY);
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      int above =
          calls.open(
              FileCalls.CURRENT_DIRECTORY, terminated(parent.toString()), OpenFlags.DIRECTORY, 0);
      try {
        calls.sync(above, false);
      } finally {
        calls.close(above);
      }
    }
    return new DirectoryDisk(calls, calls.open(FileCalls.CURRENT_DIRECTORY, name, flags, 0));
  }

  private static byte[] terminated(String name) {
    return (name + "\0").getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public List<String> names() throws FsException {
    // A descriptor of its own, because the position in a listing belongs to the descriptor.
    int listing = calls.open(directory, terminated("."), OpenFlags.DIRECTORY, 0);
    try {
      List<String> names = new ArrayList<>();
      ByteBuffer entries = ByteBuffer.allocateDirect(16 << 10).order(ByteOrder.nativeOrder());
      for (int end = calls.readDirectory(listing, entries);
          end > 0;
          end = calls.readDirectory(listing, entries)) {
        for (int at = 0; at < end; at += entries.getShort(at + RECORD_LENGTH)) {
          names.add(nameAt(entries, at + NAME));
        }
      }
      names.removeAll(List.of(".", ".."));
      return names;
    } finally {
      calls.close(listing);
    }
  }

  private static String nameAt(ByteBuffer entries, int at) {
    int length = 0;
    while (entries.get(at + length) != 0) {
      length++;
    }
    byte[] name = new byte[length];
    entries.get(at, name);
    return new String(name, StandardCharsets.ISO_8859_1);
  }

  @Override
  public DiskFile open(String name, boolean create) throws FsException {
    int flags = OpenFlags.READ_WRITE | OpenFlags.NOFOLLOW | (create ? OpenFlags.CREATE : 0);
    return new OpenedFile(calls, calls.open(directory, terminated(name), flags, PRIVATE_FILE));
  }

  @Override
  public void remove(String name) throws FsException {
    calls.unlink(directory, terminated(name), 0);
  }

  @Override
  public void syncDirectory() throws FsException {
    calls.sync(directory, false);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      calls.close(directory);
    }
  }

  /** A file by its descriptor. */
  private record OpenedFile(FileCalls calls, int descriptor) implements DiskFile {
    @Override
    public int read(long offset, ByteBuffer target) throws FsException {
      int start = target.position();
      while (target.hasRemaining()
          && calls.read(descriptor, offset + target.position() - start, target) > 0) {
        // Goes on where the call ended.
      }
      return target.position() - start;
    }

    @Override
    public void write(long offset, ByteBuffer data) throws FsException {
      int start = data.position();
      while (data.hasRemaining()) {
        if (calls.write(descriptor, offset + data.position() - start, data) == 0) {
          throw new FsException(Errno.EIO, "nothing was written");
        }
      }
    }

    @Override
    public void sync() throws FsException {
      calls.sync(descriptor, true);
    }

    @Override
    public long size() throws FsException {
      return calls.attributes(descriptor, SELF, FileCalls.EMPTY_PATH).size();
    }

    @Override
    public void truncate(long size) throws FsException {
      calls.truncate(descriptor, size);
    }

    @Override
    public void close() {
      calls.close(descriptor);
    }
  }
}
