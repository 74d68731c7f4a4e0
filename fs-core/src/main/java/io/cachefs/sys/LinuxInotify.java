package io.cachefs.sys;

import static io.cachefs.sys.Native.LIBC;
import static io.cachefs.sys.Native.check;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/** {@link Inotify} through glibc, with an eventfd to wake who waits. */
final class LinuxInotify implements Inotify {
  /** {@code IN_NONBLOCK | IN_CLOEXEC}, and the same for {@code eventfd}, from {@code fcntl.h}. */
  private static final int NONBLOCK_CLOEXEC = 04000 | 02000000;

  /** Fails for what is no directory; is silent about files that have no name any more. */
  private static final int ONLYDIR_EXCL_UNLINK = 0x01000000 | 0x04000000;

  private static final int ALL_CHANGES =
      MODIFY
          | ATTRIB
          | CLOSE_WRITE
          | MOVED_FROM
          | MOVED_TO
          | CREATE
          | DELETE
          | DELETE_SELF
          | MOVE_SELF;

  private static final short POLLIN = 1;

  /** {@code FIONREAD} of {@code ioctls.h}: how many bytes can be read. */
  private static final long FIONREAD = 0x541B;

  private static final ThreadLocal<NativeBuffer> RESULT =
      ThreadLocal.withInitial(() -> new NativeBuffer(8));

  private final int events;
  private final int wakes;
  private final AtomicBoolean closed = new AtomicBoolean();

  // Two struct pollfd: the wakes, the events. Used by the thread that reads.
  private final NativeBuffer polled = new NativeBuffer(16);
  private final NativeBuffer drained = new NativeBuffer(8);

  private LinuxInotify(int events, int wakes) {
    this.events = events;
    this.wakes = wakes;
    polled.buffer().putInt(0, wakes).putShort(4, POLLIN);
    polled.buffer().putInt(8, events).putShort(12, POLLIN);
  }

  static LinuxInotify open() throws FsException {
    int events = check(LIBC.inotify_init1(NONBLOCK_CLOEXEC), "inotify_init1");
    int wakes = LIBC.eventfd(0, NONBLOCK_CLOEXEC);
    if (wakes < 0) {
      FsException failure = Native.failure("eventfd");
      int unused = LIBC.close(events);
      throw failure;
    }
    return new LinuxInotify(events, wakes);
  }

  @Override
  public int watch(int directory) throws FsException {
    byte[] path = ("/proc/self/fd/" + directory + "\0").getBytes(StandardCharsets.US_ASCII);
    return check(
        LIBC.inotify_add_watch(events, path, ALL_CHANGES | ONLYDIR_EXCL_UNLINK),
        "inotify_add_watch");
  }

  @Override
  public void unwatch(int watch) {
    int ignored = LIBC.inotify_rm_watch(events, watch);
    assert ignored <= 0;
  }

  @Override
  public void awaitEvents() throws FsException {
    poll(2, -1);
  }

  @Override
  public void pause(int millis) throws FsException {
    poll(1, millis);
  }

  private void poll(int count, int timeoutMillis) throws FsException {
    try {
      if (LIBC.poll(polled.address(), count, timeoutMillis) < 0) {
        FsException failure = Native.failure("poll");
        if (failure.errno() != Errno.EINTR) {
          throw failure;
        }
      }
      // Not blocking: there may have been no wake.
      long ignored = LIBC.read(wakes, drained.address(), Long.BYTES);
      assert ignored <= Long.BYTES;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public void wake() {
    NativeBuffer one = RESULT.get();
    one.buffer().putLong(0, 1);
    long ignored = LIBC.write(wakes, one.address(), Long.BYTES);
    assert ignored <= Long.BYTES;
  }

  @Override
  public int read(NativeBuffer into) throws FsException {
    try {
      long count = LIBC.read(events, into.address(), into.size());
      if (count < 0) {
        FsException failure = Native.failure("read of inotify");
        if (failure.errno() != Errno.EAGAIN && failure.errno() != Errno.EINTR) {
          throw failure;
        }
        return 0;
      }
      return (int) count;
    } finally {
      Reference.reachabilityFence(into);
    }
  }

  @Override
  public boolean isEmpty() throws FsException {
    NativeBuffer count = RESULT.get();
    check(LIBC.ioctl(events, FIONREAD, count.address()), "FIONREAD");
    return count.buffer().getInt(0) == 0;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      int ignored = LIBC.close(events) | LIBC.close(wakes);
      assert ignored <= 0;
    }
  }
}
