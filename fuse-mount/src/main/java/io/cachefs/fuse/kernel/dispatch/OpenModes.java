package io.cachefs.fuse.kernel.dispatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.fuse.kernel.wire.OpenReplyFlags;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

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
 * <p>An id of an inode that is not open is kept for the next open, which saves a fifth of the cost
 * of opening a small file; at most {@link #MAX_IDLE} are kept, and none after the kernel forgot the
 * inode, because an id keeps the space of a deleted file.
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

  /** Finds out which descriptor the kernel could use for a handle, or -1. */
  @FunctionalInterface
  public interface DescriptorOfHandle {
    int descriptor(long handle);
  }

  /** Returns whether new opens may still be passed through. */
  public boolean passthroughInUse() {
    return passthrough;
  }

  /** Decides for an open that succeeded; {@link #released} must follow with the same numbers. */
  public Decision opened(
      long inode, long handle, int openFlags, boolean keepCache, DescriptorOfHandle descriptors) {
    Shard shard = shard(inode);
    shard.lock.lock();
    try {
      return decideLocked(shard, inode, handle, openFlags, keepCache, descriptors);
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
      DescriptorOfHandle descriptors) {
    boolean direct = (openFlags & OpenFlags.DIRECT) != 0;
    boolean writable = OpenFlags.mayWrite(openFlags);
    int flags = writable ? 0 : OpenReplyFlags.NO_FLUSH;
    InodeOpens opens = shard.open.get(inode);
    if (opens == null) {
      Integer idle = shard.idle.remove(inode);
      opens = new InodeOpens(idle == null ? 0 : idle);
      shard.open.put(inode, opens);
    }
    boolean passes = opens.passing > 0;
    if (!passes && opens.others == 0 && passthrough) {
      int descriptor = descriptors.descriptor(handle);
      passes = descriptor >= 0 && register(opens, descriptor);
    }
    opens.handles.put(handle, new HandleMode(passes, writable));
    if (passes) {
      opens.passing++;
      // The kernel could still serve from the backing file what the server does not want to hand
      // out any more; with DIRECT_IO reads and writes come here.
      boolean here = direct || (opens.passing > 1 && descriptors.descriptor(handle) < 0);
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

  private boolean register(InodeOpens opens, int descriptor) {
    if (opens.backingId != 0) {
      return true;
    }
    try {
      opens.backingId = backingFiles.open(descriptor);
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
    private int backingId;
    private boolean forgotten;

    private InodeOpens(int backingId) {
      this.backingId = backingId;
    }
  }

  private record HandleMode(boolean passes, boolean writable) {}
}
