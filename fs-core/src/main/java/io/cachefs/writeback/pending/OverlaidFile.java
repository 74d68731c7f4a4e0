package io.cachefs.writeback.pending;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Passthrough;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An open file: what was written here over what the base has. The base's file is opened when
 * something of it is read.
 */
final class OverlaidFile implements SourceFile {
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int COPIED_AT_ONCE = 1 << 20;
  private static final long MOST_COPIED = 64L << 20;
  private static final int MOST_TRIES = 1000;

  private final Overlay overlay;
  private final Lookup lookup;
  private final Contents contents;
  private final Syncing syncing;
  private volatile SourceNode face;
  private final int flags;
  private final OpenCount count;

  @GuardedBy("this")
  private @Nullable SourceFile below;

  @GuardedBy("this")
  private boolean closed;

  OverlaidFile(
      Overlay overlay,
      Lookup lookup,
      Contents contents,
      Syncing syncing,
      SourceNode face,
      int flags,
      @Nullable SourceFile below) {
    this.overlay = overlay;
    this.lookup = lookup;
    this.contents = contents;
    this.syncing = syncing;
    this.face = face;
    this.flags = flags;
    this.below = below;
    this.count = new OpenCount(OpenFlags.mayWrite(flags));
  }

  /** Counts this open file at a node, whose lock is held or which nobody else has. */
  void countAt(PendingNode node) {
    count.count(node);
  }

  /** As {@link #countAt}, where the node counts it already. */
  void isCountedAt(PendingNode node) {
    count.counted = node;
  }

  @Override
  public void belongTo(SourceNode known) {
    face = known;
    SourceNode base = Overlay.baseOf(known);
    SourceFile open;
    synchronized (this) {
      open = below;
    }
    if (open != null && base != null) {
      open.belongTo(base);
    }
  }

  @Override
  public Attributes attributes() throws FsException {
    PendingNode node = overlay.book.of(face);
    SourceFile open;
    synchronized (this) {
      open = below;
    }
    if (node == null && open != null) {
      Attributes now = open.attributes();
      return face instanceof LocalNode local ? now.withInode(local.inode()) : now;
    }
    return lookup.attributes(face);
  }

  /** Returns the base's file, opened for reading. */
  private SourceFile below() throws FsException {
    synchronized (this) {
      if (below != null) {
        return below;
      }
      if (closed) {
        throw new FsException(Errno.EBADF);
      }
    }
    SourceFile opened = overlay.base.open(Overlay.requireBase(face), readFlags(flags)).file();
    SourceFile other;
    synchronized (this) {
      if (below == null && !closed) {
        below = opened;
        return opened;
      }
      other = below;
    }
    opened.close();
    if (other == null) {
      throw new FsException(Errno.EBADF);
    }
    return other;
  }

  static int readFlags(int flags) {
    return OpenFlags.READ_ONLY | (flags & OpenFlags.NO_ATIME);
  }

  /** Returns where a position comes from; null if all of the file is as in the base. */
  private @Nullable ReadStep step(long position) {
    while (true) {
      PendingNode node = overlay.book.of(face);
      if (node == null) {
        return null;
      }
      var lock = overlay.locks.of(node);
      lock.lock();
      try {
        if (!node.dropped) {
          boolean ours = node.base == null || node.hasContent();
          return ours ? ReadStep.at(node, position) : null;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public int read(long offset, ByteBuffer target) throws FsException {
    int total = 0;
    int tries = 0;
    while (target.hasRemaining()) {
      ReadStep step = step(offset + total);
      if (step == null) {
        return total + below().read(offset + total, target);
      }
      if (step.kind() == ReadStep.Kind.END) {
        break;
      }
      int length = (int) Math.min(target.remaining(), step.end() - offset - total);
      if (read(step, offset + total, target, length)) {
        total += length;
      } else if (++tries > MOST_TRIES) {
        throw new FsException(Errno.EIO, "what was written is not in the log any more");
      }
    }
    return total;
  }

  /** Reads exactly so much; false if it is somewhere else now. */
  private boolean read(ReadStep step, long position, ByteBuffer target, int length)
      throws FsException {
    int limit = target.limit();
    int start = target.position();
    target.limit(start + length);
    boolean done = false;
    try {
      Place spot = step.spot();
      if (spot != null) {
        done = overlay.log.read(spot, step.from(), target);
      } else {
        done = true;
        if (step.kind() == ReadStep.Kind.BASE) {
          below().read(position, target);
        }
        while (target.hasRemaining()) {
          target.put((byte) 0);
        }
      }
    } finally {
      target.limit(limit);
      if (!done) {
        target.position(start);
      }
    }
    return done;
  }

  @Override
  public int write(long offset, ByteBuffer data) throws FsException {
    int length = data.remaining();
    if (length == 0) {
      return 0;
    }
    boolean appends = (flags & OpenFlags.APPEND) != 0;
    int written =
        overlay.admission.change(
            length,
            files(),
            () -> {
              contents.write(face, count, appends ? Contents.END : offset, data);
              return length;
            });
    data.position(data.limit());
    return written;
  }

  @Override
  public void truncate(long size) throws FsException {
    boolean unused =
        overlay.admission.free(
            () -> {
              contents.truncate(face, size);
              return true;
            });
  }

  /** Returns how many more files are changed if this one is. */
  private long files() {
    return overlay.book.of(face) == null ? 1 : 0;
  }

  @Override
  public void flush() throws FsException {
    syncing.report(face);
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    syncing.sync(face);
  }

  @Override
  public void allocate(int mode, long offset, long length) throws FsException {
    boolean unused =
        overlay.admission.change(
            0,
            files(),
            () -> {
              contents.allocate(face, count, mode, offset, length);
              return true;
            });
  }

  @Override
  public long seek(long offset, int whence) throws FsException {
    ReadStep step = step(offset);
    if (step == null || (whence != SEEK_DATA && whence != SEEK_HOLE)) {
      return below().seek(offset, whence);
    }
    long at = offset;
    while (step != null && step.kind() != ReadStep.Kind.END) {
      boolean zeros = step.kind() == ReadStep.Kind.ZEROS;
      if (step.kind() == ReadStep.Kind.BASE) {
        long found = below(at, step.end(), whence);
        if (found < step.end()) {
          return found;
        }
      } else if (zeros == (whence == SEEK_HOLE)) {
        return at;
      }
      at = step.end();
      step = step(at);
    }
    if (at == offset || whence == SEEK_DATA) {
      throw new FsException(Errno.ENXIO);
    }
    return at;
  }

  private long below(long from, long end, int whence) throws FsException {
    try {
      return Math.min(end, below().seek(from, whence));
    } catch (FsException e) {
      if (e.errno() == Errno.ENXIO) {
        // From here on there is a hole in the base.
        return whence == SEEK_HOLE ? from : end;
      }
      throw e;
    }
  }

  @Override
  public long copyTo(long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    if (!(target instanceof OverlaidFile other)) {
      throw new FsException(Errno.EXDEV);
    }
    boolean readable = (flags & OpenFlags.ACCESS_MODE) != OpenFlags.WRITE_ONLY;
    boolean writable = OpenFlags.mayWrite(other.flags) && (other.flags & OpenFlags.APPEND) == 0;
    if (!readable || !writable) {
      throw new FsException(Errno.EBADF);
    }
    long size = attributes().size();
    long most = Math.min(Math.min(length, MOST_COPIED), Math.max(0, size - offset));
    boolean same = other.face.id().equals(face.id());
    if (same && targetOffset + most > offset && targetOffset < offset + most) {
      throw new FsException(Errno.EINVAL);
    }
    ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(COPIED_AT_ONCE, most));
    long done = 0;
    while (done < most) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), most - done));
      if (read(offset + done, buffer) == 0) {
        break;
      }
      buffer.flip();
      done += other.write(targetOffset + done, buffer);
    }
    return done;
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    syncing.requireAtSource(face);
    return below().ioctl(command, input, outputSize);
  }

  @Override
  public void adviseRandom(boolean random) {
    SourceFile open;
    synchronized (this) {
      open = below;
    }
    if (open != null) {
      open.adviseRandom(random);
    }
  }

  /**
   * None: a kernel that reads or maps the base's file by itself would not see what is written to
   * the log, nor would the log get what is stored through a mapping.
   */
  @Override
  public @Nullable Passthrough passthrough() {
    return null;
  }

  @Override
  public void close() {
    SourceFile open;
    synchronized (this) {
      closed = true;
      open = below;
      below = null;
    }
    PendingNode node = count.counted;
    if (node != null) {
      var lock = overlay.locks.of(node);
      lock.lock();
      try {
        if (count.end() && !node.dropped) {
          overlay.applier.waitsNoLonger(node);
        }
      } finally {
        lock.unlock();
      }
      overlay.tidy(node);
    }
    if (open != null) {
      open.close();
    }
  }
}
