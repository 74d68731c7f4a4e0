package io.cachefs.cli.command;

import io.cachefs.base.FsException;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.fuse.FuseTransport;
import io.cachefs.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a transport rehearse on another thread while the mount is being made, in a scratch directory
 * that is deleted afterwards. Without it the first seconds of a mount are several times slower.
 */
final class WarmUp implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

  /** Most of the gain; a mount has to be usable within a second. */
  private static final Duration LENGTH = Duration.ofMillis(400);

  /** Enough for what a rehearsal reads. */
  private static final long SCRATCH_MEMORY = 1 << 20;

  private final Thread thread;
  private final AtomicBoolean ended;

  private WarmUp(Thread thread, AtomicBoolean ended) {
    this.thread = thread;
    this.ended = ended;
  }

  /** Starts; the scratch directory is made inside {@code place}. */
  static WarmUp start(FuseTransport transport, MountOptions options, Path place, boolean cached) {
    long end = System.nanoTime() + LENGTH.toNanos();
    AtomicBoolean ended = new AtomicBoolean();
    BooleanSupplier enough = () -> ended.get() || System.nanoTime() - end >= 0;
    Thread thread =
        new Thread(() -> rehearse(transport, options, place, cached, enough), "rehearsal");
    thread.setDaemon(true);
    thread.start();
    return new WarmUp(thread, ended);
  }

  private static void rehearse(
      FuseTransport transport,
      MountOptions options,
      Path place,
      boolean cached,
      BooleanSupplier enough) {
    try {
      Path scratch = Files.createTempDirectory(place, "rehearsal-");
      try (CacheFs fileSystem = CacheFs.open(scratchConfig(scratch, cached))) {
        transport.rehearse(fileSystem.vfs(), options, enough);
      } finally {
        delete(scratch);
      }
    } catch (IOException | FsException | RuntimeException failure) {
      log.debug("no rehearsal", failure);
    }
  }

  /** The code of a cache is to be compiled too, if the mount has one. */
  private static CacheFsConfig scratchConfig(Path scratch, boolean cached) throws IOException {
    CacheFsConfig plain = CacheFsConfig.of(Files.createDirectory(scratch.resolve("source")));
    if (!cached) {
      return plain;
    }
    CacheSettings settings = CacheSettings.of(scratch.resolve("cache"));
    return plain.withCache(settings.with(settings.limits().withMemoryBytes(SCRATCH_MEMORY)));
  }

  private static void delete(Path scratch) throws IOException {
    List<Path> all;
    try (Stream<Path> tree = Files.walk(scratch)) {
      all = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }

  /** Waits for the end, which is near. */
  void await() throws InterruptedException {
    thread.join();
  }

  /** Ends it early, if it has not ended, and waits until its directory is gone. */
  @Override
  public void close() {
    ended.set(true);
    try {
      await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
