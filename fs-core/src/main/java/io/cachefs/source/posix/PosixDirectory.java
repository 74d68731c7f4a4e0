package io.cachefs.source.posix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceDirectory;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * An open directory. Cookies are the positions the source's own file system gives, which stay valid
 * while names come and go. Listings of one open directory wait for each other, as they do on the
 * position of a descriptor in Linux.
 */
final class PosixDirectory implements SourceDirectory {
  /** What the C library uses; a larger buffer makes no listing faster. */
  private static final int BUFFER_SIZE = 32 * 1024;

  /** {@code d_name} of {@code struct linux_dirent64}. */
  private static final int NAME_OFFSET = 19;

  private static final int SEEK_SET = 0;

  private final FileCalls calls;
  private final OpenDescriptor open;

  // The entries read ahead of what was listed. Guarded by this.

  @GuardedBy("this")
  private @Nullable ByteBuffer buffer;

  /** The position of the first entry that is in the buffer and not listed yet. */
  @GuardedBy("this")
  private long position;

  @GuardedBy("this")
  private final byte[] name = new byte[256];

  /** Takes over the descriptor. */
  PosixDirectory(FileCalls calls, PosixSource source, PosixNode node, int descriptor) {
    this.calls = calls;
    this.open = new OpenDescriptor(calls, source, node, descriptor);
  }

  @Override
  public Attributes attributes() throws FsException {
    return open.attributes();
  }

  @Override
  public Attributes attributesAfterListing() throws FsException {
    return open.attributesButAccess();
  }

  @Override
  public synchronized void list(long cookie, Visitor visitor) throws FsException {
    int number = open.use();
    try {
      ByteBuffer entries = seek(number, cookie);
      boolean wanted = true;
      while (wanted) {
        if (!entries.hasRemaining() && !fill(number, entries)) {
          return;
        }
        wanted = visitNext(entries, visitor);
      }
    } finally {
      open.release();
    }
  }

  @GuardedBy("this")
  private ByteBuffer seek(int number, long cookie) throws FsException {
    ByteBuffer entries = buffer;
    if (entries == null) {
      entries = ByteBuffer.allocateDirect(BUFFER_SIZE).order(ByteOrder.nativeOrder()).limit(0);
      buffer = entries;
    } else if (cookie != position || cookie == 0) {
      position = moveTo(number, cookie);
      // Only now: while the position is the old one, the entries read ahead belong to it.
      entries.limit(0);
      return entries;
    }
    if (cookie != position) {
      position = moveTo(number, cookie);
    }
    return entries;
  }

  private long moveTo(int number, long cookie) throws FsException {
    return calls.seek(number, cookie, SEEK_SET);
  }

  private boolean fill(int number, ByteBuffer entries) throws FsException {
    entries.clear().limit(0);
    int count = calls.readDirectory(number, entries);
    entries.limit(count);
    return count > 0;
  }

  @GuardedBy("this")
  private boolean visitNext(ByteBuffer entries, Visitor visitor) throws FsException {
    int start = entries.position();
    int recordLength = entries.getShort(start + 16) & 0xffff;
    int length = 0;
    byte next = entries.get(start + NAME_OFFSET);
    while (next != 0 && length < name.length) {
      name[length++] = next;
      next = entries.get(start + NAME_OFFSET + length);
    }
    long nextCookie = entries.getLong(start + 8);
    boolean accepted =
        visitor.visit(
            name, length, entries.getLong(start), entries.get(start + 18) & 0xff, nextCookie);
    if (accepted) {
      entries.position(start + recordLength);
      position = nextCookie;
    }
    return accepted;
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    open.sync(dataOnly);
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return open.ioctl(command, input, outputSize);
  }

  @Override
  public void close() {
    open.close();
  }
}
