package io.cachefs.fuse.libfuse;

import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.fuse.TransportStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One mount through libfuse, from mounting to the end of its last thread. Thread-safe.
 *
 * <p>The session ends when the kernel says so, whoever unmounted: the last request thread then
 * gives everything back. {@link #close} only starts that and waits.
 */
final class LibFuseSession implements MountedFileSystem {
  private static final Logger log = LoggerFactory.getLogger(LibFuseSession.class);

  private static final Duration START_LIMIT = Duration.ofSeconds(10);

  /** How long users of a detached mount may go on before it is taken from them. */
  private static final Duration LEAVE_LIMIT = Duration.ofSeconds(2);

  /** How long requests that are being served may take to end. */
  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  // fcntl.h
  private static final int SET_DESCRIPTOR_FLAGS = 2;
  private static final int CLOSE_ON_EXEC = 1;

  // struct fuse_args: int argc, char **argv, int allocated.
  private static final int ARGUMENTS_SIZE = 24;

  // Given at construction, never changes.
  private final NativeFuse library;
  private final PathCalls calls;
  private final OperationTable table;
  private final byte[] mountPoint;
  private final DeviceChannel channel;
  private final long fuse;
  private final RequestThreads threads;
  private final CountDownLatch answering = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Set once the mount is in the mount table. */
  private volatile @Nullable Unmounter unmounter;

  private LibFuseSession(
      NativeFuse library,
      PathCalls calls,
      byte[] mountPoint,
      OperationTable table,
      DeviceChannel channel,
      long fuse) {
    this.library = library;
    this.calls = calls;
    this.table = table;
    this.mountPoint = mountPoint;
    this.channel = channel;
    this.fuse = fuse;
    this.threads =
        new RequestThreads(
            library,
            library.fuse.fuse_get_session(fuse),
            channel,
            new DirectRequests(calls, channel),
            calls.options.threads(),
            answering::countDown,
            this::finish);
  }

  /** Mounts; when this returns the kernel has been answered once. */
  static LibFuseSession start(NativeFuse library, PathCalls calls, byte[] mountPoint)
      throws MountException {
    byte[] path = Arrays.copyOf(mountPoint, mountPoint.length + 1);
    OperationTable table = new OperationTable(calls);
    long arguments = Memory.allocate(ARGUMENTS_SIZE);
    try {
      addArgument(library, arguments, "cachefs");
      for (String value : LibFuseOptions.of(calls.options)) {
        addArgument(library, arguments, "-o" + value);
      }
      long mounted = library.fuse.fuse_mount(path, arguments);
      if (mounted == 0) {
        throw new MountException(
            "libfuse cannot mount on "
                + new String(mountPoint, StandardCharsets.UTF_8)
                + "; its own message on standard error says why");
      }
      DeviceChannel channel = new DeviceChannel(library, mounted, calls.options.xattrs());
      // No child of this process may keep the connection alive.
      if (library.linux.fcntl(channel.descriptor(), SET_DESCRIPTOR_FLAGS, CLOSE_ON_EXEC) != 0) {
        log.warn("the FUSE descriptor stays open in child processes");
      }
      long fuse = library.fuseNew(channel.address(), arguments, table);
      if (fuse == 0) {
        library.fuse.fuse_unmount(path, mounted);
        throw new MountException(
            "this libfuse does not know an option that cachefs needs; version 2.9 or later does");
      }
      calls.tellKernelThrough(channel);
      LibFuseSession session = new LibFuseSession(library, calls, mountPoint, table, channel, fuse);
      session.run();
      return session;
    } finally {
      library.fuse.fuse_opt_free_args(arguments);
      Memory.free(arguments);
    }
  }

  private static void addArgument(NativeFuse library, long arguments, String argument) {
    byte[] text = (argument + "\0").getBytes(StandardCharsets.UTF_8);
    if (library.fuse.fuse_opt_add_arg(arguments, text) != 0) {
      throw new OutOfMemoryError("no memory for libfuse's arguments");
    }
  }

  private void run() throws MountException {
    threads.start();
    boolean answered = false;
    try {
      answered = answering.await(START_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    String device = Unmounter.deviceAt(mountPoint);
    if (device != null) {
      unmounter = new Unmounter(library, mountPoint, device);
    }
    if (!answered || device == null) {
      close();
      throw new MountException(
          "the mount on "
              + new String(mountPoint, StandardCharsets.UTF_8)
              + " was made but does not answer; it has been taken down");
    }
  }

  /** Gives everything back; runs on the last request thread. */
  private void finish() {
    try {
      // libfuse may still call for files it had hidden.
      library.fuse.fuse_destroy(fuse);
      channel.close();
      calls.close();
      Unmounter mount = unmounter;
      if (mount != null) {
        // The connection can end without an unmount, by an abort; nobody could enter then.
        mount.unmount();
      }
    } catch (RuntimeException | Error e) {
      log.error("the end of a mount failed", e);
    } finally {
      ended.countDown();
    }
  }

  @Override
  public void awaitUnmount() throws InterruptedException {
    ended.await();
  }

  @Override
  public boolean awaitUnmount(Duration atMost) throws InterruptedException {
    return ended.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Does nothing: the path interface of libfuse 2 cannot tell the kernel that something changed.
   * What it has cached lives until the timeouts of the mount, content until the next open.
   */
  @Override
  public void invalidateInode(long inodeId, boolean attributesOnly) {}

  /** Does nothing, for the same reason; the name lives until the timeouts of the mount. */
  @Override
  public void invalidateEntry(long parent, byte[] name) {}

  @Override
  public TransportStatus status() {
    return new TransportStatus(
        JnrFuseTransport.NAME,
        table.protocol(),
        false,
        threads.count(),
        calls.errnos.faults(),
        0,
        calls.metrics.snapshot());
  }

  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      Unmounter mount = unmounter;
      if (mount != null && ended.getCount() > 0) {
        mount.unmount();
        if (!endsWithin(LEAVE_LIMIT)) {
          log.warn("the mount is still in use; its users are cut off");
          mount.abort();
        }
      }
    }
    if (!endsWithin(END_LIMIT)) {
      log.error("{} request threads do not end", threads.count());
    }
  }

  private boolean endsWithin(Duration limit) {
    try {
      return awaitUnmount(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
