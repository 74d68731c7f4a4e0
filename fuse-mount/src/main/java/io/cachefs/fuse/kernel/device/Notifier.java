package io.cachefs.fuse.kernel.device;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.dispatch.AttributeNotices;
import io.cachefs.fuse.kernel.wire.Notices;
import io.cachefs.sys.NativeBuffer;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the kernel what to drop from its caches, from one thread that serves no request and holds
 * no lock while it does: the kernel may wait for a request to end before it takes a message.
 * Thread-safe; never blocks its callers.
 *
 * <p>A message that is still waiting is not queued twice. When {@link #MAX_WAITING} wait, further
 * ones are dropped and counted; the kernel then learns of the change when its timeouts end.
 */
final class Notifier implements AttributeNotices {
  private static final Logger log = LoggerFactory.getLogger(Notifier.class);

  /** Enough for a burst of changes; a message is well under a microsecond of work. */
  static final int MAX_WAITING = 64 * 1024;

  private static final int MAX_MESSAGE = 512;

  private sealed interface Notice {
    record Inode(long id, boolean attributesOnly) implements Notice {}

    /** The name is in a buffer because those compare by content. */
    record EntryName(long parent, ByteBuffer name) implements Notice {}
  }

  private final RequestChannel channel;
  private final Thread thread = new Thread(this::run, "fuse-notifier");
  private final LongAdder dropped = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final Set<Notice> waiting = new LinkedHashSet<>();

  @GuardedBy("lock")
  private boolean closed;

  Notifier(RequestChannel channel) {
    this.channel = channel;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  @Override
  public void attributesChanged(long inodeId) {
    add(new Notice.Inode(inodeId, true));
  }

  void invalidateInode(long inodeId, boolean attributesOnly) {
    add(new Notice.Inode(inodeId, attributesOnly));
  }

  void invalidateEntry(long parent, byte[] name) {
    add(new Notice.EntryName(parent, ByteBuffer.wrap(name.clone())));
  }

  /** Returns how many messages were dropped because too many waited. */
  long dropped() {
    return dropped.sum();
  }

  private void add(Notice notice) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (waiting.size() >= MAX_WAITING) {
        dropped.increment();
        return;
      }
      if (waiting.add(notice) && waiting.size() == 1) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    NativeBuffer memory = new NativeBuffer(MAX_MESSAGE);
    try {
      for (Notice next = take(); next != null; next = take()) {
        send(memory, next);
      }
    } catch (InterruptedException ending) {
      log.debug("notifier interrupted");
    }
  }

  private @Nullable Notice take() throws InterruptedException {
    lock.lock();
    try {
      while (waiting.isEmpty() && !closed) {
        changed.await();
      }
      if (closed) {
        return null;
      }
      Iterator<Notice> first = waiting.iterator();
      Notice notice = first.next();
      first.remove();
      return notice;
    } finally {
      lock.unlock();
    }
  }

  private void send(NativeBuffer memory, Notice notice) {
    try {
      channel.send(memory, 0, write(memory.buffer(), notice));
    } catch (FsException failure) {
      // ENOENT: the kernel does not know the inode or the name, so there is nothing to drop.
      if (failure.errno() != Errno.ENOENT && failure.errno() != Errno.ENODEV) {
        log.debug("invalidation refused: {}", failure.getMessage());
      }
    }
  }

  private static int write(ByteBuffer into, Notice notice) {
    if (notice instanceof Notice.Inode inode) {
      return Notices.invalidateInode(into, inode.id(), inode.attributesOnly());
    }
    Notice.EntryName entry = (Notice.EntryName) notice;
    byte[] name = new byte[entry.name().remaining()];
    entry.name().get(entry.name().position(), name);
    return Notices.invalidateEntry(into, entry.parent(), name);
  }

  /** Ends the thread; messages that wait are dropped. */
  void close() {
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the thread to end, at most so long; returns whether it did. */
  boolean awaitEnd(long millis) throws InterruptedException {
    if (thread != Thread.currentThread()) {
      thread.join(millis);
    }
    return !thread.isAlive();
  }
}
