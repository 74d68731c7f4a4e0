package io.cachefs.fuse.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A hundred clients wait for a source that hangs; others use what needs no source. Real mounts,
 * used by other processes.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init")
class HungSourceIT {
  private static final int STUCK_CLIENTS = 100;

  /** Reads from here on wait; what is before is "cached". */
  private static final long HANGS_FROM = 1L << 30;

  /** As long as a request that does not end changes how many threads read. */
  private static final long SETTLING_MILLIS = 2500;

  /**
   * Stats and reads past the kernel's caches, then says the median and the 99th hundredth in us.
   */
  private static final String PROBE =
      """
      import os, time
      fd = os.open("f", os.O_RDONLY | os.O_DIRECT); times = []
      import mmap
      page = mmap.mmap(-1, 4096)
      for i in range(3000):
          start = time.perf_counter_ns()
          os.stat("f"); os.preadv(fd, [page], 4096 * (i % 1000))
          times.append(time.perf_counter_ns() - start)
      times.sort()
      print(times[1500] // 1000, times[2970] // 1000)
      """;

  @TempDir Path directory;

  private Path mountPoint;
  private CacheFs engine;
  private StuckVfs vfs;
  private MountedFileSystem mounted;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void open() throws IOException, MountException, FsException {
    Require.fuse();
    Require.root();
    Path source = Files.createDirectory(directory.resolve("source"));
    mountPoint = Files.createDirectory(directory.resolve("mount"));
    for (int i = -1; i < STUCK_CLIENTS; i++) {
      Path path = source.resolve(i < 0 ? "f" : "f" + i);
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        file.setLength(2 * HANGS_FROM);
      }
    }
    engine = CacheFs.open(CacheFsConfig.of(source));
    vfs = new StuckVfs(engine.vfs(), "read", arguments -> (Long) arguments[1] >= HANGS_FROM);
    MountOptions options =
        new MountOptions(
            "test",
            false,
            true,
            true,
            false,
            false,
            true,
            null,
            null,
            null,
            0,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            true,
            false,
            false,
            MountOptions.DEFAULT_THREADS);
    mounted = new KernelTransport(System::nanoTime).mount(vfs.vfs(), mountPoint, options);
  }

  @AfterEach
  void close() throws InterruptedException {
    vfs.release();
    for (Process process : processes) {
      process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    mounted.close();
    engine.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"iflag=direct", "iflag=fullblock"})
  void useOfWhatNeedsNoSource_whileAHundredClientsAreStuck_isServedAsBefore(String how)
      throws IOException, InterruptedException {
    long[] warmUp = probe();
    assertThat(warmUp).hasSize(2);
    long[] before = probe();
    for (int i = 0; i < STUCK_CLIENTS; i++) {
      String skip = "skip=" + HANGS_FROM / 65536;
      Process unused = start("dd", "if=f" + i, how, "bs=65536", "count=1", "status=none", skip);
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (vfs.waiting() < STUCK_CLIENTS) {
      assertThat(System.nanoTime()).as("%d wait", vfs.waiting()).isLessThan(end);
      Thread.sleep(10);
    }
    Thread.sleep(SETTLING_MILLIS);
    long[] meanwhile = probe();
    System.out.printf(
        "%s: p50 %d -> %d us, p99 %d -> %d us, %d requests stuck%n",
        how, before[0], meanwhile[0], before[1], meanwhile[1], vfs.waiting());
    // Other programs use the machine too, so this is far from what is measured on an idle one.
    assertThat(meanwhile[0]).isLessThan(2 * before[0] + 2_000);
    assertThat(meanwhile[1]).isLessThan(5 * before[1] + 5_000);
    assertThat(mounted.status().failures()).isZero();
  }

  private long[] probe() throws IOException, InterruptedException {
    Process process = start("timeout", "-s", "KILL", "30", "python3", "-c", PROBE);
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    String[] numbers = said.strip().split(" ", -1);
    return new long[] {Long.parseLong(numbers[0]), Long.parseLong(numbers[1])};
  }

  /** Starts a command with the mount as its directory; {@code sh} enters it, not this process. */
  private Process start(String... command) throws IOException {
    List<String> inside =
        new ArrayList<>(List.of("sh", "-c", "cd \"$0\" && exec \"$@\"", mountPoint.toString()));
    inside.addAll(List.of(command));
    Process process = new ProcessBuilder(inside).redirectErrorStream(true).start();
    processes.add(process);
    return process;
  }
}
