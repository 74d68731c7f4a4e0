package io.cachefs.engine;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Reads files by name as a program does. Thread-safe. */
final class Reader {
  private static final int STEP = 1 << 20;
  private static final int MAX_RANGE = 64 << 10;
  private static final int TRIES = 100;

  private final Vfs vfs;

  Reader(Vfs vfs) {
    this.vfs = vfs;
  }

  /** Work with an open file. */
  interface Work<T> {
    T on(long handle, Entry entry) throws FsException;
  }

  /**
   * Opens a file of the root, as often as the kernel does when it meets ESTALE, and closes it after
   * the work.
   */
  <T> T with(String path, Work<T> work) throws FsException {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(path, work);
      } catch (FsException e) {
        if (e.errno() != Errno.ESTALE || attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  private <T> T once(String path, Work<T> work) throws FsException {
    List<Long> known = new ArrayList<>();
    try {
      Entry entry = null;
      long directory = Vfs.ROOT;
      for (String part : path.split("/", -1)) {
        entry = vfs.lookup(directory, Name.of(part));
        directory = entry.inodeId();
        known.add(directory);
      }
      if (entry == null) {
        throw new IllegalArgumentException(path);
      }
      OpenFile file = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY);
      try {
        return work.on(file.handle(), entry);
      } finally {
        vfs.release(file.handle());
      }
    } finally {
      known.forEach(inode -> vfs.forget(inode, 1));
    }
  }

  /** Returns all bytes, or null if there is no such file. */
  byte @Nullable [] find(String path) throws FsException {
    try {
      return read(path);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT) {
        return null;
      }
      throw e;
    }
  }

  /** Returns all bytes. */
  byte[] read(String path) throws FsException {
    return with(path, (handle, entry) -> all(handle));
  }

  private byte[] all(long handle) throws FsException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocateDirect(STEP);
    while (true) {
      buffer.clear();
      int count = vfs.read(handle, bytes.size(), buffer);
      if (count == 0) {
        return bytes.toByteArray();
      }
      bytes.writeBytes(bytes(buffer, count));
    }
  }

  /** Reads some ranges; returns what is first not as in {@code expected}, or an empty text. */
  String wrong(String path, byte[] expected, Random random, int ranges) throws FsException {
    return with(
        path,
        (handle, entry) -> {
          for (int i = 0; i < ranges; i++) {
            int offset = random.nextInt(expected.length + 1);
            int length = 1 + random.nextInt(Math.min(MAX_RANGE, expected.length + 10));
            String wrong = wrong(handle, expected, offset, length);
            if (!wrong.isEmpty()) {
              return path + wrong;
            }
          }
          return "";
        });
  }

  private String wrong(long handle, byte[] expected, int offset, int length) throws FsException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    int count = vfs.read(handle, offset, buffer);
    int whole = Math.min(length, expected.length - offset);
    if (count != whole) {
      return ": " + count + " bytes at " + offset + ", not " + whole;
    }
    byte[] read = bytes(buffer, count);
    for (int i = 0; i < count; i++) {
      if (read[i] != expected[offset + i]) {
        return ": " + read[i] + " at " + (offset + i) + ", not " + expected[offset + i];
      }
    }
    return "";
  }

  static byte[] bytes(ByteBuffer buffer, int count) {
    byte[] bytes = new byte[count];
    buffer.flip().get(bytes);
    return bytes;
  }
}
