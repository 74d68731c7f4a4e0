package io.cachefs.source.guard;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.StatFs;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceListener;
import io.cachefs.source.SourceNode;
import io.cachefs.source.guard.Gate.Kind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A source whose callers never wait longer than a deadline for the one below, however long that
 * takes, and not at all while it is known to be down. Thread-safe.
 *
 * <p>A call that was given up may still be made later: a file may come into being although its
 * maker was told EIO, as on any network. What such a call opens is closed. Synchronising, copying
 * and allocating may take long while the source is well; they are given up when it is not. Nobody
 * waits for the closing of a file, and files cannot be handed to the kernel.
 *
 * <p>A caller that is interrupted gets EINTR and keeps its mark.
 */
public final class GuardedSource implements Source {
  private final Source inner;
  private final SourceCapabilities capabilities;
  private final SourceHealth health;
  private final Gate gate;
  private final AtomicBoolean closed = new AtomicBoolean();

  private GuardedSource(Source inner, SourceHealth health, Gate gate) {
    this.inner = inner;
    this.capabilities = inner.capabilities().withoutChangeFeed();
    this.health = health;
    this.gate = gate;
  }

  /** Takes over a source; fails if that does not answer within the deadline. */
  public static GuardedSource over(
      Source inner, GuardSettings settings, LongSupplier nanos, InstantSource time)
      throws FsException {
    SourceHealth health = new SourceHealth(settings.waitsOffline(), time);
    Gate gate = new Gate(settings, health, nanos);
    GuardedSource guarded = new GuardedSource(inner, health, gate);
    boolean opened = false;
    try {
      // Also if callers wait for a source that is down: who opens it is there to be told.
      SourceNode root = within(settings.deadline(), inner::root, late -> {}).node();
      new Prober(inner, root, health, gate.probes(), settings, nanos).start();
      opened = true;
      return guarded;
    } finally {
      if (!opened) {
        guarded.close();
      }
    }
  }

  /**
   * Takes over a source that does not answer now: it is down until it can be reopened.
   *
   * @param why in a few words
   */
  public static GuardedSource overAbsent(
      Source inner, String why, GuardSettings settings, LongSupplier nanos, InstantSource time)
      throws FsException {
    SourceHealth health = new SourceHealth(settings.waitsOffline(), time);
    Gate gate = new Gate(settings, health, nanos);
    health.beginDown(why);
    new Prober(inner, inner.rootNode(), health, gate.probes(), settings, nanos).start();
    return new GuardedSource(inner, health, gate);
  }

  /** How a source is opened. */
  public interface Opening<S extends Source> {
    S open() throws FsException;
  }

  /**
   * Opens a source, or fails with EIO if that takes longer than the deadline: the directory may be
   * on a server that does not answer. A source that is opened later is closed again.
   */
  public static <S extends Source> S openWithin(Duration deadline, Opening<S> opening)
      throws FsException {
    return within(deadline, opening::open, Source::close);
  }

  private static <T> T within(Duration deadline, Gate.Body<T> body, Consumer<T> undo)
      throws FsException {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Runnable work =
        () -> {
          try {
            T got = body.run();
            if (!answer.complete(got)) {
              undo.accept(got);
            }
          } catch (Throwable e) {
            answer.completeExceptionally(e);
          }
        };
    Thread thread = new Thread(null, work, "source-open", 0, false);
    thread.setDaemon(true);
    thread.start();
    FsException givenUp;
    try {
      return answer.get(deadline.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      String late = "the source does not answer within " + Gate.inWords(deadline);
      givenUp = new FsException(Errno.EIO, late);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      givenUp = new FsException(Errno.EINTR);
    } catch (ExecutionException e) {
      throw cause(e);
    }
    answer.completeExceptionally(givenUp);
    try {
      // It may have been answered in the last moment.
      return answer.join();
    } catch (CompletionException e) {
      throw cause(e);
    }
  }

  private static FsException cause(Exception e) {
    if (e.getCause() instanceof FsException failure) {
      return failure;
    }
    throw new IllegalStateException("opening the source failed", e.getCause());
  }

  /** Returns how the source is, and the way to take it down and up by force. */
  public SourceHealth health() {
    return health;
  }

  /**
   * A moment of the calls.
   *
   * @param inFlight calls under way or waiting for a thread
   * @param stuck of these, those that passed their deadline
   * @param unclosed files and directories whose closing is not finished
   * @param calls that were made so far
   */
  public record Calls(int inFlight, int stuck, int unclosed, long calls) {}

  public Calls calls() {
    return gate.counts();
  }

  int threads() {
    return gate.threads();
  }

  void checkInvariants() {
    gate.checkInvariants();
  }

  @Override
  public SourceCapabilities capabilities() {
    return capabilities;
  }

  // --- What never asks the source ---

  @Override
  public SourceNode rootNode() throws FsException {
    return inner.rootNode();
  }

  @Override
  public SourceNode restore(FileId id, int type, byte[] handle, SourceNode parent, Name name) {
    return inner.restore(id, type, handle, parent, name);
  }

  @Override
  public long attributesLifetime(SourceNode node) {
    return inner.attributesLifetime(node);
  }

  @Override
  public long nameLifetime(SourceNode directory) {
    return inner.nameLifetime(directory);
  }

  @Override
  public long absenceLifetime(SourceNode directory) {
    return inner.absenceLifetime(directory);
  }

  @Override
  public boolean isDown() {
    return health.state() == SourceHealth.State.DOWN;
  }

  @Override
  public void tell(SourceListener listener) {
    inner.tell(listener);
  }

  @Override
  public void tellNoMore(SourceListener listener) {
    inner.tellNoMore(listener);
  }

  // --- What does ---

  @Override
  public Found root() throws FsException {
    return gate.read(inner::root);
  }

  @Override
  public Found find(SourceNode parent, Name name) throws FsException {
    return gate.read(() -> inner.find(parent, name));
  }

  /** By one call of a worker, because handing each over takes longer than many answers do. */
  @Override
  public List<Found> findAll(SourceNode parent, List<Name> names) {
    try {
      return gate.read(() -> inner.findAll(parent, names));
    } catch (FsException e) {
      return List.of();
    }
  }

  @Override
  public Attributes attributes(SourceNode node) throws FsException {
    return gate.read(() -> inner.attributes(node));
  }

  @Override
  public Attributes change(SourceNode node, AttributeChange change) throws FsException {
    return gate.change(() -> inner.change(node, change));
  }

  @Override
  public byte[] readlink(SourceNode node) throws FsException {
    return gate.read(() -> inner.readlink(node));
  }

  @Override
  public void access(Caller caller, SourceNode node, int mask) throws FsException {
    gate.run(Kind.READS, () -> inner.access(caller, node, mask));
  }

  @Override
  public StatFs statfs(SourceNode node) throws FsException {
    return gate.read(() -> inner.statfs(node));
  }

  @Override
  public Opened open(SourceNode node, int flags) throws FsException {
    boolean truncates = (flags & OpenFlags.TRUNCATE) != 0;
    Opened opened =
        gate.open(
            truncates ? Kind.CHANGES : Kind.READS,
            () -> inner.open(node, flags),
            late -> late.file().close());
    return new Opened(guarded(opened.file()), opened.attributes());
  }

  private SourceFile guarded(SourceFile file) {
    return new GuardedFile(gate, file);
  }

  @Override
  public Created create(Caller caller, SourceNode parent, Name name, int mode, int flags)
      throws FsException {
    return created(() -> inner.create(caller, parent, name, mode, flags));
  }

  @Override
  public Created createUnnamed(Caller caller, SourceNode parent, int mode, int flags)
      throws FsException {
    return created(() -> inner.createUnnamed(caller, parent, mode, flags));
  }

  private Created created(Gate.Body<Created> creating) throws FsException {
    Created created = gate.open(Kind.CHANGES, creating, late -> late.file().close());
    return new Created(created.found(), guarded(created.file()));
  }

  @Override
  public SourceDirectory openDirectory(SourceNode node) throws FsException {
    return new GuardedDirectory(
        gate, gate.open(Kind.READS, () -> inner.openDirectory(node), SourceDirectory::close));
  }

  @Override
  public Found mkdir(Caller caller, SourceNode parent, Name name, int mode) throws FsException {
    return gate.change(() -> inner.mkdir(caller, parent, name, mode));
  }

  @Override
  public Found mknod(Caller caller, SourceNode parent, Name name, int mode, int device)
      throws FsException {
    return gate.change(() -> inner.mknod(caller, parent, name, mode, device));
  }

  @Override
  public Found symlink(Caller caller, SourceNode parent, Name name, byte[] target)
      throws FsException {
    return gate.change(() -> inner.symlink(caller, parent, name, target));
  }

  @Override
  public Found link(SourceNode node, SourceNode newParent, Name newName) throws FsException {
    return gate.change(() -> inner.link(node, newParent, newName));
  }

  @Override
  public Pin pin(SourceNode parent, Name name) throws FsException {
    return new GuardedPin(gate, gate.open(Kind.READS, () -> inner.pin(parent, name), Pin::close));
  }

  @Override
  public void unlink(SourceNode parent, Name name) throws FsException {
    gate.run(Kind.CHANGES, () -> inner.unlink(parent, name));
  }

  @Override
  public void rmdir(SourceNode parent, Name name) throws FsException {
    gate.run(Kind.CHANGES, () -> inner.rmdir(parent, name));
  }

  @Override
  public void rename(
      SourceNode parent, Name name, SourceNode newParent, Name newName, int flags, KnownNodes known)
      throws FsException {
    gate.run(Kind.CHANGES, () -> inner.rename(parent, name, newParent, newName, flags, known));
  }

  @Override
  public byte[] xattr(SourceNode node, byte[] name) throws FsException {
    return gate.read(() -> inner.xattr(node, name));
  }

  @Override
  public void setXattr(SourceNode node, byte[] name, byte[] value, int flags) throws FsException {
    gate.run(Kind.CHANGES, () -> inner.setXattr(node, name, value, flags));
  }

  @Override
  public byte[] listXattrs(SourceNode node) throws FsException {
    return gate.read(() -> inner.listXattrs(node));
  }

  @Override
  public void removeXattr(SourceNode node, byte[] name) throws FsException {
    gate.run(Kind.CHANGES, () -> inner.removeXattr(node, name));
  }

  @Override
  public void syncAll() throws FsException {
    gate.run(Kind.MOVES_MUCH, inner::syncAll);
  }

  /** Closes the source below; waits for that no longer than one deadline. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      gate.close(inner::close);
    }
  }
}
