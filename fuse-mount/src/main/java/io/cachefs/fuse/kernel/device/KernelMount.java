package io.cachefs.fuse.kernel.device;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.fuse.ErrnoReply;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.fuse.TransportStatus;
import io.cachefs.fuse.kernel.dispatch.Dispatcher;
import io.cachefs.fuse.kernel.dispatch.Exchange;
import io.cachefs.fuse.kernel.dispatch.InFlight;
import io.cachefs.fuse.kernel.dispatch.Negotiation;
import io.cachefs.fuse.kernel.dispatch.OpenModes;
import io.cachefs.fuse.kernel.wire.InitFlags;
import io.cachefs.fuse.kernel.wire.Opcode;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.sys.NativeBuffer;
import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A mount served over {@code /dev/fuse}. Thread-safe. */
public final class KernelMount implements MountedFileSystem {
  private static final Logger log = LoggerFactory.getLogger(KernelMount.class);

  /** How long the kernel may take to say INIT; it does so during the mount itself. */
  private static final int INIT_TIMEOUT_MILLIS = 10_000;

  /** How long requests under way may take to end before the connection is cut. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final int UNMOUNT_TRIES = 10;

  private final String name;
  private final Vfs vfs;
  private final MountPoint mountPoint;
  private final Connection connection;
  private final Negotiation negotiation;
  private final OpenModes modes;
  private final Notifier notifier;
  private final SignalledCallers callers;
  private final ErrnoReply errnos = new ErrnoReply();
  private final OperationMetrics metrics = new OperationMetrics(Opcode.namesByNumber());
  private final WorkerPool workers;
  private final Object closing = new Object();

  private KernelMount(
      String name,
      MountPoint mountPoint,
      Negotiation negotiation,
      Vfs vfs,
      MountOptions options,
      LongSupplier nanoTime) {
    this.name = name;
    this.vfs = vfs;
    this.mountPoint = mountPoint;
    this.negotiation = negotiation;
    connection = Connection.of(mountPoint.path());
    RequestChannel channel = new DeviceChannel(mountPoint.device());
    modes =
        new OpenModes(
            new DeviceBackingFiles(mountPoint.device()), negotiation.has(InitFlags.PASSTHROUGH));
    notifier = new Notifier(channel, negotiation.hasEpoch(), nanoTime);
    callers = new SignalledCallers(channel);
    Backlog backlog = new Backlog();
    InFlight inFlight = new InFlight(backlog);
    Dispatcher dispatcher =
        new Dispatcher(
            new Dispatcher.Parts(
                vfs, options, modes, notifier, inFlight, callers, errnos, metrics, nanoTime),
            negotiation.has(InitFlags.SETXATTR_EXT));
    workers =
        new WorkerPool(
            channel,
            dispatcher,
            inFlight,
            backlog,
            Math.max(1, options.threads()),
            this::workersEnded);
  }

  /**
   * Mounts {@code vfs} and serves it; when this returns, the mount answers.
   *
   * @param name of the transport, for its status
   */
  public static KernelMount mount(
      String name, Vfs vfs, Path directory, MountOptions options, LongSupplier nanoTime)
      throws MountException {
    MountPoint mountPoint = MountPoint.mount(directory, options);
    try {
      Negotiation negotiation = negotiate(mountPoint, options);
      KernelMount mount = new KernelMount(name, mountPoint, negotiation, vfs, options, nanoTime);
      mount.connection.raiseReadAhead();
      mount.notifier.start();
      mount.callers.start();
      vfs.tell(mount.notifier);
      mount.workers.start();
      return mount;
    } catch (MountException | RuntimeException | Error failure) {
      mountPoint.device().close();
      mountPoint.forceUnmount();
      throw failure;
    }
  }

  private static Negotiation negotiate(MountPoint mountPoint, MountOptions options)
      throws MountException {
    NativeBuffer memory = new NativeBuffer(Exchange.SIZE);
    DeviceChannel channel = new DeviceChannel(mountPoint.device());
    Exchange exchange = DevicePort.exchange(memory, channel);
    int length = 0;
    try {
      Negotiation agreed = null;
      while (agreed == null) {
        if (!mountPoint.device().awaitRequest(INIT_TIMEOUT_MILLIS)) {
          throw new MountException("the kernel does not answer the mount: look into its log");
        }
        length = channel.receive(memory);
        if (length < 0) {
          throw new MountException("the mount was taken away again at once: try once more");
        }
        if (Opcode.find(exchange.request().opcode()) != Opcode.INIT) {
          throw new MountException("the kernel did not begin with INIT: look into its log");
        }
        agreed = Negotiation.answer(exchange, length, options);
        channel.send(memory, exchange.reply().start(), exchange.reply().length());
      }
      return agreed;
    } catch (FsException failure) {
      throw new MountException(
          "the kernel's " + failure.getMessage() + " cannot be served: it takes Linux 5.4 or later",
          failure);
    }
  }

  // --- While mounted ---

  @Override
  public void awaitUnmount() throws InterruptedException {
    workers.awaitUnmount();
  }

  @Override
  public boolean awaitUnmount(Duration atMost) throws InterruptedException {
    return workers.awaitUnmount(atMost);
  }

  @Override
  public void invalidateInode(long inodeId, boolean attributesOnly) {
    notifier.inodeChanged(inodeId, attributesOnly);
  }

  @Override
  public void invalidateEntry(long parent, byte[] entryName) {
    try {
      notifier.nameChanged(parent, Name.of(entryName));
    } catch (FsException noName) {
      throw new IllegalArgumentException("not the name of a directory entry", noName);
    }
  }

  @Override
  public TransportStatus status() {
    return new TransportStatus(
        name,
        negotiation.protocol(),
        modes.passthroughInUse(),
        workers.threads(),
        errnos.faults(),
        notifier.overflows(),
        metrics.snapshot());
  }

  // --- The end ---

  /** Runs on the last thread that served requests, whoever unmounted. */
  private void workersEnded() {
    vfs.tell(null);
    notifier.close();
    callers.close();
    try {
      // A message that is being sent ends with ENODEV now.
      if (!notifier.awaitEnd(GRACE.toMillis()) || !callers.awaitEnd(GRACE.toMillis())) {
        log.warn("the notifier of {} does not end; its device stays open", mountPoint.path());
        return;
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    mountPoint.device().close();
  }

  @Override
  public void close() {
    synchronized (closing) {
      try {
        if (!workers.isUnmounted()) {
          unmount();
        }
        if (!workers.awaitEnd(GRACE)) {
          // In use through open files, or stuck in the source: end it for them.
          boolean aborted = connection.abort();
          workers.interruptAll();
          if (!workers.awaitEnd(GRACE)) {
            log.warn(
                "{} is unmounted, but {} of its threads still {}",
                mountPoint.path(),
                workers.threads(),
                aborted ? "wait for the source" : "serve what is in use");
          }
        }
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Lets those who use the mount finish for a while, then takes it away from them. */
  private void unmount() throws InterruptedException {
    for (int i = 0; i < UNMOUNT_TRIES; i++) {
      if (mountPoint.unmountIfUnused()) {
        return;
      }
      if (workers.awaitEnd(GRACE.dividedBy(UNMOUNT_TRIES))) {
        return;
      }
    }
    mountPoint.forceUnmount();
  }
}
