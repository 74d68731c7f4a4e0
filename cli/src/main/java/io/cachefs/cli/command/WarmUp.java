package io.cachefs.cli.command;

import io.cachefs.base.FsException;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.fuse.FuseTransport;
import io.cachefs.fuse.FuseTransport.ScratchTree;
import io.cachefs.fuse.MountOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a transport rehearse on another thread while the mount is being made, in a scratch directory
 * that is deleted afterwards. Without it the first seconds of a mount are several times slower.
 *
 * <p>First files are made and changed, then a cache is opened again and again and read, as after a
 * restart. The time counts from when the rehearsal itself begins: on a busy machine, getting there
 * takes longer than all of it.
 */
final class WarmUp implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

  /** For each of the two parts, at least. */
  private static final Duration LENGTH = Duration.ofMillis(200);

  /** For each of the two parts, at most: on a busy machine little is done in the least time. */
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** Enough lives of files, or readings of all files, to have most code compiled. */
  private static final int LIVES = 100;

  private static final int READINGS = 6;

  /** Enough for what a rehearsal reads. */
  private static final long SCRATCH_MEMORY = 1 << 20;

  /** More than are needed to have the code for one of them compiled. */
  private static final ScratchTree TREE = new ScratchTree(numbered("d", 4), numbered("f", 50));

  private static final int FILE_BYTES = 5_000;

  private final FuseTransport transport;
  private final MountOptions options;
  private final boolean cached;
  private final boolean remote;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Thread thread;

  private WarmUp(
      FuseTransport transport, MountOptions options, Path place, boolean cached, boolean remote) {
    this.transport = transport;
    this.options = options;
    this.cached = cached;
    this.remote = remote;
    this.thread = new Thread(() -> rehearse(place), "rehearsal");
  }

  /**
   * Starts.
   *
   * @param place where the scratch directory is made
   * @param cached whether the mount has a cache
   * @param remote whether its source is on another machine
   */
  static WarmUp start(
      FuseTransport transport, MountOptions options, Path place, boolean cached, boolean remote) {
    WarmUp started = new WarmUp(transport, options, place, cached, remote);
    started.thread.setDaemon(true);
    started.thread.start();
    return started;
  }

  private static List<String> numbered(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
  }

  private void rehearse(Path place) {
    try {
      Path scratch = Files.createTempDirectory(place, "rehearsal-");
      try {
        CacheFsConfig config = scratchConfig(scratch);
        try (CacheFs fileSystem = CacheFs.openScratch(config, remote)) {
          transport.rehearse(fileSystem.vfs(), options, lasting(LIVES));
        }
        if (cached) {
          fill(config.source());
          read(config);
        }
      } finally {
        delete(scratch);
      }
    } catch (IOException | FsException | RuntimeException failure) {
      log.debug("no rehearsal", failure);
    }
  }

  /** Says that it is enough after so many rounds, or the longest time. */
  private BooleanSupplier lasting(int rounds) {
    long start = System.nanoTime();
    AtomicInteger done = new AtomicInteger(-1);
    return () -> {
      long least = (done.incrementAndGet() < rounds ? LONGEST : LENGTH).toNanos();
      return ended.get() || System.nanoTime() - start >= least;
    };
  }

  /** The code of a cache is to be compiled too, if the mount has one. */
  private CacheFsConfig scratchConfig(Path scratch) throws IOException {
    CacheFsConfig plain = CacheFsConfig.of(Files.createDirectory(scratch.resolve("source")));
    if (!cached) {
      return plain;
    }
    CacheSettings settings = CacheSettings.of(scratch.resolve("cache"));
    // What was found out a moment ago is to be remembered after a restart, however slow that is.
    return plain.withCache(
        settings
            .with(Lifetimes.all(Duration.ofHours(1)))
            .with(settings.limits().withMemoryBytes(SCRATCH_MEMORY)));
  }

  private static void fill(Path source) throws IOException {
    byte[] content = new byte[FILE_BYTES];
    for (String name : TREE.directories()) {
      Path directory = Files.createDirectory(source.resolve(name));
      for (String file : TREE.files()) {
        Files.write(directory.resolve(file), content);
      }
    }
  }

  /** Reads all there is, each time from a cache that was just opened. */
  private void read(CacheFsConfig config) throws FsException {
    BooleanSupplier enough = lasting(READINGS);
    boolean listsFirst = true;
    while (!enough.getAsBoolean()) {
      try (CacheFs fileSystem = CacheFs.openScratch(config, remote)) {
        transport.rehearseReading(fileSystem.vfs(), options, TREE, listsFirst);
      }
      listsFirst = !listsFirst;
    }
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

  /** Waits for the end, which is near, but no longer than this. */
  void await(Duration most) throws InterruptedException {
    // For a thread, 0 would be for ever.
    thread.join(Math.max(1, most.toMillis()));
  }

  /** Ends it early, if it has not ended, and waits until its directory is gone. */
  @Override
  public void close() {
    ended.set(true);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
