package io.cachefs.cli.command;

import io.cachefs.base.FsException;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.cli.daemon.EndBySignal;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.cli.output.WriteBackText;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.CacheUnusableException;
import io.cachefs.engine.admin.WriteBackAdmin;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.select.TransportSelector;
import io.cachefs.fuse.select.TransportSelector.Selection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that mounts, from its start to the end of its last mount, whoever ends that. Run once.
 */
final class MountSession {
  private static final Logger log = LoggerFactory.getLogger(MountSession.class);

  /** A signal during the start waits this long for the start to be over. */
  private static final long START_LIMIT_SECONDS = 10;

  /** A signal waits this long for the cache to be closed after the mounts are gone. */
  private static final long CLOSE_LIMIT_SECONDS = 20;

  /** A mount has to be usable within a second, of which the JVM and the command took a half. */
  private static final Duration READY_AFTER = Duration.ofMillis(450);

  /** For a rehearsal on a busy machine to come to its end by itself. */
  private static final Duration LONGEST_REHEARSAL = Duration.ofSeconds(10);

  /** A process that is just ending leaves its cache to the next; two in a row are bad luck. */
  private static final int TRIES = 3;

  private final long begun = System.nanoTime();
  private final CacheFsConfig config;
  private final Path mountPoint;
  private final MountOptions options;
  private final String transportName;
  private final RuntimeDirectory runtime;
  private final boolean rehearsesWhole;
  private final boolean takesCache;
  private final Consumer<String> warning;

  /** Open from the moment at which it is known whether there is a mount. */
  private final CountDownLatch started = new CountDownLatch(1);

  /** Open when all is closed, or was never open. */
  private final CountDownLatch closed = new CountDownLatch(1);

  private volatile @Nullable WarmUp rehearsal;

  private volatile @Nullable ServedMounts mounts;

  /**
   * A session that is yet to be run.
   *
   * @param rehearsesWhole whether it is ready only after the rehearsal, however long that takes
   * @param takesCache whether a cache of another source is emptied, after what is in it was saved
   * @param warning told what the user has to know before the mount is ready
   */
  MountSession(
      CacheFsConfig config,
      Path mountPoint,
      MountOptions options,
      String transportName,
      RuntimeDirectory runtime,
      boolean rehearsesWhole,
      boolean takesCache,
      Consumer<String> warning) {
    this.config = config;
    this.mountPoint = mountPoint;
    this.options = options;
    this.transportName = transportName;
    this.runtime = runtime;
    this.rehearsesWhole = rehearsesWhole;
    this.takesCache = takesCache;
    this.warning = warning;
  }

  /**
   * Mounts and returns when that mount, and those that other commands asked for, are unmounted.
   *
   * @param ready called when the mount answers
   * @param joined called instead if another process serves it, with its number: that has the cache
   *     open, and the same source
   */
  void run(Runnable ready, LongConsumer joined) {
    long server = serveOrJoin(ready);
    if (server != 0) {
      joined.accept(server);
    }
  }

  /** Returns the process that serves it now, or 0 if this one did, until the end. */
  private long serveOrJoin(Runnable ready) {
    Selection selection = select();
    Path place = runtime.prepared();
    try (EndBySignal signals = EndBySignal.with(this::endBySignal)) {
      assert signals != null;
      for (int attempt = 1; ; attempt++) {
        try {
          runHere(selection, place, ready);
          return 0;
        } catch (CacheUnusableException e) {
          CacheSettings cache = config.cache();
          if (e.isOfAnother() && cache != null) {
            if (!takesCache || attempt == TRIES) {
              throw new CommandFailure(
                  ExitCode.CACHE_UNUSABLE,
                  e.sentence() + ReleasedCache.advice(cache.directory()),
                  e);
            }
            ReleasedCache.empty(cache.directory(), warning);
            continue;
          }
          if (!e.isLocked() || attempt == TRIES) {
            ExitCode code = e.isLocked() ? ExitCode.CACHE_LOCKED : ExitCode.CACHE_UNUSABLE;
            throw new CommandFailure(code, e.sentence(), e);
          }
          if (JoinedMount.ask(e, runtime, config, mountPoint, options, transportName)
              == JoinedMount.Outcome.MOUNTED) {
            return e.pid();
          }
        }
      }
    } catch (FsException e) {
      throw new CommandFailure(
          ExitCode.SOURCE_UNUSABLE, "cannot open source " + config.source() + ": " + e.detail(), e);
    } finally {
      started.countDown();
      closed.countDown();
    }
  }

  private void runHere(Selection selection, Path place, Runnable ready) throws FsException {
    // The cache is opened first, so that its native library comes from its own directory: programs
    // may be forbidden to run from the other one.
    try (CacheFs fileSystem = CacheFs.open(config);
        WarmUp warmUp =
            WarmUp.start(
                selection.transport(),
                options,
                place,
                config.cache() != null,
                fileSystem.isRemote())) {
      rehearsal = warmUp;
      warnOfAbsence(fileSystem);
      warnOfPending(fileSystem);
      serve(fileSystem, selection, warmUp, ready);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.FAILED, "interrupted", e);
    }
  }

  private void warnOfAbsence(CacheFs fileSystem) {
    String absent = fileSystem.absent();
    if (absent != null) {
      warning.accept(absent + "; what is cached of it is served until it is back");
    }
  }

  private void warnOfPending(CacheFs fileSystem) {
    WriteBackAdmin writeBack = fileSystem.writeBackAdmin();
    String pending = writeBack == null ? null : WriteBackText.pending(writeBack.status());
    if (pending != null) {
      warning.accept(pending);
    }
  }

  private Selection select() {
    try {
      return TransportSelector.select(transportName, System::nanoTime);
    } catch (MountException e) {
      throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()), e);
    }
  }

  private void serve(CacheFs fileSystem, Selection selection, WarmUp warmUp, Runnable ready)
      throws InterruptedException {
    ServedMounts all = new ServedMounts(fileSystem, config, runtime);
    boolean isReady = false;
    try {
      all.addFirst(mountPoint, options, selection);
      mounts = all;
      started.countDown();
      warmUp.await(rehearsalLeft());
      ready.run();
      isReady = true;
    } catch (MountException e) {
      throw new CommandFailure(ExitCode.FAILED, String.valueOf(e.getMessage()), e);
    } finally {
      started.countDown();
      if (!isReady) {
        all.end();
      }
      all.awaitEnd();
    }
  }

  /** The rehearsal goes on in the background if it takes longer. */
  private Duration rehearsalLeft() {
    if (rehearsesWhole) {
      return LONGEST_REHEARSAL;
    }
    return READY_AFTER.minusNanos(System.nanoTime() - begun);
  }

  /** Unmounts all, if anything was mounted. */
  void end() {
    WarmUp running = rehearsal;
    if (running != null) {
      running.close();
    }
    ServedMounts all = mounts;
    if (all != null) {
      all.end();
    }
  }

  /** Ends, and returns when the cache is closed, because the process is stopped then. */
  private void endBySignal() {
    try {
      boolean over = started.await(START_LIMIT_SECONDS, TimeUnit.SECONDS);
      end();
      if (over && !closed.await(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS)) {
        log.warn("the cache could not be closed within {} s", CLOSE_LIMIT_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
