package io.cachefs.fuse.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.testing.process.Require;
import io.cachefs.vfs.Vfs;
import io.cachefs.vfs.VfsListener;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The kernel keeps everything for ever here, so that what others change at the source shows only if
 * each announcement of the file system reaches the kernel. This process must not touch the mount.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init")
class InvalidationIT {
  private static final int HOT_FILES = 6;
  private static final int CLIENTS = 8;
  private static final int SECONDS = 6;
  private static final int FILE_SIZE = 16384;

  /** Uses the mount in every way until its time is over, then says how often. */
  private static final String CLIENT =
      """
      import errno, mmap, os, random, sys, time
      me = sys.argv[1]; end = time.time() + float(sys.argv[2]); rounds = 0
      open("own" + me, "w").close()
      while time.time() < end:
          hot = "hot%d" % random.randrange(int(sys.argv[3]))
          try:
              os.stat(hot); os.listdir("."); list(os.scandir("."))
              fd = os.open(hot, os.O_RDONLY)
              os.read(fd, 1 << 20)
              with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as m:
                  m[0] + m[8192]; os.stat(hot)
                  if rounds % 7 == 0:
                      time.sleep(0.002); m[4096]
              os.close(fd)
          except OSError as e:
              # Replaced twice in a row between name and file.
              if e.errno not in (errno.ENOENT, errno.ESTALE):
                  raise
          except ValueError:
              # Listed before it had content; the news of its size is under way.
              pass
          os.rename("own" + me, "moved" + me); os.rename("moved" + me, "own" + me)
          with open("made" + me, "w") as f:
              f.write("x" * 5000)
          os.unlink("made" + me)
          rounds += 1
      print(rounds)
      """;

  @TempDir Path directory;

  private Path source;
  private Path mountPoint;
  private CacheFs engine;
  private final List<Process> processes = new ArrayList<>();
  private final AtomicReference<@Nullable VfsListener> listener = new AtomicReference<>();
  private @Nullable StuckVfs stuck;
  private @Nullable MountedFileSystem mounted;

  @BeforeEach
  void open() throws IOException, FsException {
    Require.fuse();
    Require.root();
    source = Files.createDirectory(directory.resolve("source"));
    mountPoint = Files.createDirectory(directory.resolve("mount"));
    engine = CacheFs.open(CacheFsConfig.of(source).withListingLifetime(MountOptions.UNLIMITED));
  }

  @AfterEach
  void close() throws IOException, InterruptedException {
    if (stuck != null) {
      stuck.release();
    }
    for (Process process : processes) {
      process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    if (mounted != null) {
      mounted.close();
    }
    assertThat(listener.get()).isNull();
    engine.close();
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(mountPoint.toString());
  }

  /** Returns {@code inner}, whose listener the test speaks to. */
  private Vfs announcing(Vfs inner) {
    return (Vfs)
        Proxy.newProxyInstance(
            Vfs.class.getClassLoader(),
            new Class<?>[] {Vfs.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("tell")) {
                listener.set((VfsListener) arguments[0]);
              }
              try {
                return method.invoke(inner, arguments);
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }

  private VfsListener kernel() {
    return Objects.requireNonNull(listener.get());
  }

  private void mount(Vfs vfs, boolean passthrough) throws MountException {
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
            MountOptions.UNLIMITED,
            MountOptions.UNLIMITED,
            MountOptions.UNLIMITED,
            true,
            passthrough,
            false,
            MountOptions.DEFAULT_THREADS);
    mounted = new KernelTransport(System::nanoTime).mount(announcing(vfs), mountPoint, options);
  }

  private static byte[] content(int round) {
    byte[] content = new byte[FILE_SIZE];
    Arrays.fill(content, (byte) ('a' + round % 26));
    return content;
  }

  /** Changes one hot file behind the mount, in place or by another one, and announces that. */
  private void change(int file, int round) throws IOException, FsException {
    Path path = source.resolve("hot" + file);
    if (round % 3 == 0) {
      Path other = Files.write(source.resolve("new"), content(round));
      Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
    } else {
      try (var channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
        int unused = channel.write(ByteBuffer.wrap(content(round)));
      }
    }
    // A new file may have been listed before it had content.
    long inode = engine.vfs().lookup(Vfs.ROOT, Name.of("hot" + file)).inodeId();
    kernel().inodeChanged(inode, false);
    kernel().nameChanged(Vfs.ROOT, Name.of("hot" + file));
    kernel().inodeChanged(Vfs.ROOT, false);
    engine.vfs().forget(inode, 1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void announcements_atFullSpeedWhileTheMountIsUsed_neitherHangItNorGetLost(boolean passthrough)
      throws IOException, InterruptedException, MountException, FsException {
    for (int i = 0; i < HOT_FILES; i++) {
      Files.write(source.resolve("hot" + i), content(0));
    }
    mount(engine.vfs(), passthrough);
    List<Process> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(
          start("python3", "-c", CLIENT, "" + i, "" + SECONDS, Integer.toString(HOT_FILES)));
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    int round = 0;
    int announcements = 0;
    while (System.nanoTime() - end < 0) {
      change(round % HOT_FILES, round);
      round++;
      for (int i = 0; i < 20; i++) {
        kernel().nameChanged(Vfs.ROOT, Name.of((i % 2 == 0 ? "made" : "own") + i % CLIENTS));
        kernel().inodeChanged(Vfs.ROOT, i % 2 == 0);
        announcements += 2;
      }
    }
    assertThat(round).as("changes").isGreaterThan(1000);
    assertThat(announcements / SECONDS).as("announcements in a second").isGreaterThan(5000);
    for (Process client : clients) {
      assertThat(client.waitFor(20, TimeUnit.SECONDS)).isTrue();
      String said = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(said.strip()).matches("[0-9]+").isNotEqualTo("0");
    }
    for (int i = 0; i < HOT_FILES; i++) {
      change(i, round + i);
    }
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < HOT_FILES; i++) {
      expected.append("hot").append(i).append(' ').append((char) content(round + i)[0]).append(' ');
    }
    String look =
        "sleep 0.5; for f in hot*; do printf '%s %s ' $f $(tr -s a-z < $f); done;"
            + " ls | grep -c own >&2";
    assertThat(shell(look)).isEqualTo(expected.toString() + CLIENTS + "\n");
    assertThat(Objects.requireNonNull(mounted).status().failures()).isZero();
  }

  @Test
  void names_whenTooManyWaitAtATime_areAllAskedForAgain()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "one\n");
    StuckVfs vfs = new StuckVfs(engine.vfs(), "mkdir");
    stuck = vfs;
    mount(vfs.vfs(), false);
    assertThat(shell("cat f; ! cat absent 2>/dev/null; mkdir -p . && cat f"))
        .isEqualTo("one\none\n");
    // While a directory is made the kernel holds the lock of its parent, for which a message waits.
    Process maker = start("mkdir", "d");
    await(() -> vfs.waiting() == 1);
    Files.writeString(source.resolve("absent"), "there\n");
    Files.move(
        Files.writeString(source.resolve("other"), "two\n"),
        source.resolve("f"),
        StandardCopyOption.REPLACE_EXISTING);
    for (int i = 0; i < 70_000; i++) {
      kernel().nameChanged(Vfs.ROOT, Name.of("n" + i));
    }
    kernel().nameChanged(Vfs.ROOT, Name.of("f"));
    kernel().nameChanged(Vfs.ROOT, Name.of("absent"));
    vfs.release();
    assertThat(maker.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(shell("sleep 0.3; cat f absent; ls")).isEqualTo("two\nthere\nabsent\nd\nf\n");
  }

  // --- Tools ---

  private String shell(String script) throws IOException, InterruptedException {
    Process process = start("timeout", "-s", "KILL", "20", "sh", "-c", script);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(25, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
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

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(5);
    }
  }
}
