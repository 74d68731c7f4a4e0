package io.cachefs.fuse.kernel.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Passthrough;
import io.cachefs.fuse.kernel.wire.OpenReplyFlags;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Decides how the kernel serves each open of a file: by itself from a backing file (passthrough),
 * from its page cache, or by asking for every read and write (direct). Thread-safe.
 *
 * <p>Rules of Linux 6.18, found by running: while one passthrough open of an inode lives, every
 * further open must be passthrough with the same backing id, else {@code open(2)} fails with EIO
 * (with DIRECT_IO added its reads and writes come to the server all the same). While a cached open
 * lives, passthrough fails with EIO. A direct open may be mapped and then counts as cached. A
 * backing id must stay registered until the last passthrough open of its inode is released.
 *
 * <p>A backing file is the file itself or a copy of its content. While opens of a copy live, who
 * opens to write, or is given another copy or none, is passthrough to that copy with DIRECT_IO: its
 * reads and writes come to the server, which knows better. Only what it maps is the copy.
 *
 * <p>An id of the file itself is kept for the next open when the inode is not open any more, which
 * saves a fifth of the cost of opening a small file; at most {@link #MAX_IDLE} are kept, and none
 * after the kernel forgot the inode, because an id keeps the space of a deleted file. An id of a
 * copy is never kept: it would keep the space of a copy that was evicted, and serve it when the
 * content is another one.
 */
public final class OpenModes {
  /** Backing ids kept of files that are not open; each pins an open file in the kernel. */
  public static final int MAX_IDLE = 256;

  private static final int SHARDS = 16;

  private final BackingFiles backingFiles;
  private final Shard[] shards = new Shard[SHARDS];
  private volatile boolean passthrough;

  /** Uses passthrough if {@code passthrough}, until the kernel refuses it for good. */
  public OpenModes(BackingFiles backingFiles, boolean passthrough) {
    this.backingFiles = backingFiles;
    this.passthrough = passthrough;
    for (int i = 0; i < SHARDS; i++) {
      shards[i] = new Shard();
    }
  }

  /**
   * What to tell the kernel of an open.
   *
   * @param flags of {@link OpenReplyFlags}
   * @param backingId the id if the flags have PASSTHROUGH, else 0
   */
  public record Decision(int flags, int backingId) {}

  /** Finds out which file the kernel could use for a handle, or null. */
  @FunctionalInterface
  public interface PassthroughOfHandle {
    @Nullable Passthrough of(long handle);
  }

  /** Returns whether new opens may still be passed through. */
  public boolean passthroughInUse() {
    return passthrough;
  }

  /** Decides for an open that succeeded; {@link #released} must follow with the same numbers. */
  public Decision opened(
      long inode, long handle, int openFlags, boolean keepCache, PassthroughOfHandle files) {
    Shard shard = shard(inode);
    shard.lock.lock();
    try {
      return decideLocked(shard, inode, handle, openFlags, keepCache, files);
    } finally {
      shard.lock.unlock();
    }
  }

  @GuardedBy("shard.lock")
  private Decision decideLocked(
      Shard shard,
      long inode,
      long handle,
      int openFlags,
      boolean keepCache,
      PassthroughOfHandle files) {
    boolean direct = (openFlags & OpenFlags.DIRECT) != 0;
    boolean writable = OpenFlags.mayWrite(openFlags);
    int flags = writable ? 0 : OpenReplyFlags.NO_FLUSH;
    InodeOpens opens = shard.open.get(inode);
    if (opens == null) {
      Integer idle = shard.idle.remove(inode);
      opens = new InodeOpens(idle == null ? 0 : idle);
      shard.open.put(inode, opens);
    }
    boolean joins = opens.passing > 0;
    Passthrough file = passthrough && (joins || opens.others == 0) ? files.of(handle) : null;
    if (file != null && writable && !file.writable()) {
      // The kernel would write into the copy.
      file = null;
    }
    boolean passes = joins || (file != null && register(opens, file));
    opens.handles.put(handle, new HandleMode(passes, writable));
    if (passes) {
      opens.passing++;
      // With DIRECT_IO reads and writes come here.
      boolean here = direct || file == null || !file.isOfSameFileAs(opens.file);
      flags |= OpenReplyFlags.PASSTHROUGH | (here ? OpenReplyFlags.DIRECT_IO : 0);
      return new Decision(flags, opens.backingId);
    }
    opens.others++;
    if (direct) {
      flags |= OpenReplyFlags.DIRECT_IO;
    } else if (keepCache) {
      flags |= OpenReplyFlags.KEEP_CACHE;
    }
    return new Decision(flags, 0);
  }

  private boolean register(InodeOpens opens, Passthrough file) {
    if (opens.backingId != 0 && file.isOfSameFileAs(opens.file)) {
      return true;
    }
    if (opens.backingId != 0) {
      backingFiles.close(opens.backingId);
      opens.backingId = 0;
    }
    try {
      opens.backingId = backingFiles.open(file.descriptor());
      opens.file = file;
      return true;
    } catch (FsException refused) {
      // EPERM: not root, or the kernel did not agree to passthrough. Other errors are about this
      // file system or file (ELOOP: stacked too deep) and leave the rest as it is.
      if (refused.errno() == Errno.EPERM) {
        passthrough = false;
      }
      return false;
    }
  }

  /**
   * Ends an open.
   *
   * @return whether the kernel may have written by itself, so that its attributes may be old
   */
  public boolean released(long inode, long handle) {
    Shard shard = shard(inode);
    shard.lock.lock();
    try {
      InodeOpens opens = shard.open.get(inode);
      HandleMode mode = opens == null ? null : opens.handles.remove(handle);
      if (opens == null || mode == null) {
        return false;
      }
      if (mode.passes) {
        opens.passing--;
      } else {
        opens.others--;
      }
      if (mode.passes && opens.passing == 0 && !opens.file.writable()) {
        backingFiles.close(opens.backingId);
        opens.backingId = 0;
      }
      if (opens.handles.isEmpty()) {
        shard.open.remove(inode);
        if (opens.backingId != 0 && opens.forgotten) {
          backingFiles.close(opens.backingId);
        } else if (opens.backingId != 0) {
          keepIdleLocked(shard, inode, opens.backingId);
        }
      }
      return mode.passes && mode.writable;
    } finally {
      shard.lock.unlock();
    }
  }

  @GuardedBy("shard.lock")
  private void keepIdleLocked(Shard shard, long inode, int backingId) {
    shard.idle.put(inode, backingId);
    if (shard.idle.size() > MAX_IDLE / SHARDS) {
      Iterator<Integer> oldest = shard.idle.values().iterator();
      int closed = oldest.next();
      oldest.remove();
      backingFiles.close(closed);
    }
  }

  /** Returns whether the open is one through which the kernel may write by itself. */
  boolean writesByItself(long inode, long handle) {
    Shard shard = shard(inode);
    shard.lock.lock();
    try {
      InodeOpens opens = shard.open.get(inode);
      HandleMode mode = opens == null ? null : opens.handles.get(handle);
      return mode != null && mode.passes && mode.writable;
    } finally {
      shard.lock.unlock();
    }
  }

  /** Ends what is kept of an inode that the kernel no longer knows and that is not open. */
  public void forgotten(long inode) {
    if (!passthrough) {
      return;
    }
    Shard shard = shard(inode);
    shard.lock.lock();
    try {
      Integer idle = shard.idle.remove(inode);
      if (idle != null) {
        backingFiles.close(idle);
      }
      InodeOpens opens = shard.open.get(inode);
      if (opens != null) {
        // The forget overtook the release of the last open.
        opens.forgotten = true;
      }
    } finally {
      shard.lock.unlock();
    }
  }

  /** Ends what is kept of all inodes that are not open. */
  public void closeIdle() {
    for (Shard shard : shards) {
      shard.lock.lock();
      try {
        shard.idle.values().forEach(backingFiles::close);
        shard.idle.clear();
      } finally {
        shard.lock.unlock();
      }
    }
  }

  private Shard shard(long inode) {
    return shards[(int) (inode & (SHARDS - 1))];
  }

  private static final class Shard {
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Long, InodeOpens> open = new HashMap<>();

    /** Backing ids by inode, the one unused for longest first. No inode is here and in open. */
    @GuardedBy("lock")
    private final Map<Long, Integer> idle = new LinkedHashMap<>();
  }

  /** What is open of one inode. Guarded by the lock of its shard. */
  private static final class InodeOpens {
    private final Map<Long, HandleMode> handles = new HashMap<>(4);
    private int passing;
    private int others;

    /** The id that passing opens share, or one kept for the next; 0 if there is none. */
    private int backingId;

    /** What the id is of, if there is one. Only ids of files themselves are kept. */
    private Passthrough file = Passthrough.ofFile(-1);

    private boolean forgotten;

    private InodeOpens(int backingId) {
      this.backingId = backingId;
    }
  }

  private record HandleMode(boolean passes, boolean writable) {}
}
