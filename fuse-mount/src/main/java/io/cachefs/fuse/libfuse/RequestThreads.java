package io.cachefs.fuse.libfuse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that read requests of one session and hand them to libfuse. One more is started
 * whenever the last idle one gets work, up to a limit; beyond a few, idle ones leave. Thread-safe.
 */
final class RequestThreads {
  private static final Logger log = LoggerFactory.getLogger(RequestThreads.class);

  /** As many as libfuse itself keeps waiting, {@code fuse_loop_mt.c}. */
  private static final int MAX_IDLE = 10;

  // Given at construction, never changes.
  private final NativeFuse library;
  private final long session;
  private final DeviceChannel channel;
  private final DirectRequests direct;
  private final int limit;
  private final Runnable afterEach;
  private final Runnable afterLast;
  private final ThreadGroup group = new ThreadGroup("cachefs-libfuse");

  // State. Guarded as marked.
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final List<RequestThread> threads = new ArrayList<>();

  @GuardedBy("lock")
  private int idle;

  @GuardedBy("lock")
  private int started;

  @GuardedBy("lock")
  private boolean ended;

  /**
   * Prepares the threads of a session.
   *
   * @param afterEach runs after each request
   * @param afterLast runs once, on the last thread, after the session has ended
   */
  RequestThreads(
      NativeFuse library,
      long session,
      DeviceChannel channel,
      DirectRequests direct,
      int limit,
      Runnable afterEach,
      Runnable afterLast) {
    this.library = library;
    this.session = session;
    this.channel = channel;
    this.direct = direct;
    this.limit = Math.max(1, limit);
    this.afterEach = afterEach;
    this.afterLast = afterLast;
  }

  void start() {
    lock.lock();
    try {
      addLocked();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void addLocked() {
    started++;
    RequestThread thread =
        new RequestThread(group, this::serve, "cachefs-libfuse-" + started, library);
    threads.add(thread);
    idle++;
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      threads.remove(thread);
      idle--;
      if (threads.isEmpty()) {
        throw e;
      }
      log.warn("no more threads to be had, going on with {}", threads.size());
    }
  }

  private void serve() {
    RequestThread self = RequestThread.current();
    long size = channel.bufferSize();
    long buffer = Memory.allocate(size);
    try {
      serve(self, buffer, size);
    } finally {
      Memory.free(buffer);
      self.free();
      leave(self);
    }
  }

  private void serve(RequestThread self, long buffer, long size) {
    while (true) {
      int length = channel.receive(buffer, size);
      if (length <= 0) {
        end(length);
        return;
      }
      becomeBusy();
      int known = self.begin(buffer, length);
      if (!direct.serve(self)) {
        library.fuse.fuse_session_process(session, buffer, known, channel.address());
      }
      self.end();
      afterEach.run();
      if (!becomeIdle(self)) {
        return;
      }
    }
  }

  private void becomeBusy() {
    lock.lock();
    try {
      idle--;
      if (idle == 0 && threads.size() < limit && !ended) {
        addLocked();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the thread is to read another request. */
  private boolean becomeIdle(RequestThread self) {
    lock.lock();
    try {
      if (idle >= MAX_IDLE && !ended) {
        threads.remove(self);
        return false;
      }
      idle++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void end(int result) {
    lock.lock();
    try {
      if (!ended && result < 0) {
        log.error("the FUSE device cannot be read any more, errno {}", -result);
      }
      ended = true;
    } finally {
      lock.unlock();
    }
    library.fuse.fuse_session_exit(session);
  }

  private void leave(RequestThread self) {
    boolean last;
    lock.lock();
    try {
      last = threads.remove(self) && threads.isEmpty();
    } finally {
      lock.unlock();
    }
    if (last) {
      afterLast.run();
    }
  }

  /** Returns how many threads there are. */
  int count() {
    lock.lock();
    try {
      return threads.size();
    } finally {
      lock.unlock();
    }
  }
}
