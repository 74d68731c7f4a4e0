package io.cachefs.fuse.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.fuse.TransportStatus;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.testing.process.Require;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real mounts, used by other processes. This process serves them and therefore must not touch them.
 */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class KernelTransportIT {
  @TempDir Path directory;

  private Path source;
  private Path mountPoint;
  private CacheFs engine;
  private final List<Process> processes = new ArrayList<>();
  private final List<StuckVfs> stuck = new ArrayList<>();
  private @Nullable MountedFileSystem mounted;

  @BeforeEach
  void open() throws IOException, InterruptedException, MountException, FsException {
    Require.fuse();
    Require.root();
    source = Files.createDirectory(directory.resolve("source"));
    mountPoint = Files.createDirectory(directory.resolve("mount"));
    engine = CacheFs.open(CacheFsConfig.of(source));
  }

  @AfterEach
  void close() throws IOException, InterruptedException, MountException, FsException {
    stuck.forEach(StuckVfs::release);
    for (Process process : processes) {
      process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
    }
    if (mounted != null) {
      mounted.close();
    }
    engine.close();
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .doesNotContain(mountPoint.toString());
    await("threads end", () -> fuseThreads() == 0);
  }

  // --- Use ---

  @Test
  void mount_whenUsedByAProcess_behavesAsADirectory()
      throws IOException, InterruptedException, MountException, FsException {
    mount(options(true, 8));
    assertThat(
            shell(
                """
                echo hello > a && mkdir d && mv a d/b && ln -s b d/l && ln d/b d/h && cat d/l &&
                ls -A d && truncate -s 3 d/h && cat d/b && rm d/b && cat d/h && chmod 640 d/h &&
                stat -c '%a %s %h' d/h && rm -r d && ls -A && ! cat d
                """))
        .startsWith("hello\nb\nh\nl\nhelhel640 3 1\n");
    assertThat(source).isEmptyDirectory();
    assertThat(status().failures()).isZero();
  }

  @Test
  void list_ofManyFiles_givesEachOnce()
      throws IOException, InterruptedException, MountException, FsException {
    for (int i = 0; i < 3000; i++) {
      Files.createFile(source.resolve("a-rather-long-name-of-a-file-" + i));
    }
    mount(options(true, 8));
    assertThat(shell("ls -f | sort -u | wc -l; ls -l | wc -l; find . | wc -l"))
        .isEqualTo("3002\n3001\n3001\n");
    assertThat(calls("READDIRPLUS")).isPositive();
  }

  @Test
  void write_withoutPassthrough_keepsEveryByte()
      throws IOException, InterruptedException, MountException, FsException {
    mount(options(false, 8));
    String sums =
        shell(
            "head -c 5000001 /dev/urandom > f; md5sum < f; cat f | md5sum;"
                + " dd if=f bs=1M iflag=direct status=none | md5sum;"
                + " dd if=f of=g bs=4096 oflag=direct conv=notrunc iflag=fullblock count=1000"
                + " status=none; head -c 4096000 f | cmp - g; md5sum < "
                + source
                + "/f");
    assertThat(sums.lines().distinct()).hasSize(1);
    assertThat(calls("READ")).isPositive();
    assertThat(calls("WRITE")).isPositive();
    assertThat(status().failures()).isZero();
  }

  @Test
  void read_withPassthrough_doesNotComeHere()
      throws IOException, InterruptedException, MountException, FsException {
    byte[] content = new byte[3 << 20];
    content[12345] = 7;
    Files.write(source.resolve("f"), content);
    mount(options(true, 8));
    assertThat(
            shell(
                "cmp f " + source + "/f && echo more >> f && cmp f " + source + "/f && echo same"))
        .isEqualTo("same\n");
    assertThat(status().passthrough()).isTrue();
    assertThat(calls("READ")).isZero();
    assertThat(calls("WRITE")).isZero();
    // A direct open of an inode that is passed through is served here, and sees the same.
    assertThat(
            shell(
                "exec 3< f; dd if=f bs=1M iflag=direct status=none | cmp - "
                    + source
                    + "/f && echo same"))
        .isEqualTo("same\n");
    assertThat(calls("READ")).isPositive();
  }

  @Test
  void stat_afterAStoreThroughAMapping_seesTheNewTime()
      throws IOException, InterruptedException, MountException, FsException {
    mount(options(true, 8, Duration.ofHours(1)));
    assertThat(
            shell(
                """
                head -c 8192 /dev/zero > f; touch -d 2001-01-01 f; stat f > /dev/null
                python3 -c '
                import mmap, os
                f = os.open("f", os.O_RDWR); m = mmap.mmap(f, 8192); m[5] = 7
                m.flush(); m.close(); os.close(f)'
                sleep 0.3; test $(stat -c %Y f) -gt 1600000000 && echo new
                """))
        .isEqualTo("new\n");
  }

  @Test
  void options_ofOwnerAndMode_showInEveryFile()
      throws IOException, InterruptedException, MountException, FsException {
    Files.createFile(source.resolve("f"));
    MountOptions o = options(true, 8);
    mount(
        new MountOptions(
            "name,with space",
            true,
            true,
            true,
            false,
            false,
            false,
            12,
            34,
            027,
            65536,
            o.attributeTimeout(),
            o.entryTimeout(),
            o.negativeTimeout(),
            true,
            true,
            false,
            8));
    assertThat(shell("stat -c '%u %g %a' f; ls -l | wc -l; touch f 2>&1 | grep -c Read-only"))
        .isEqualTo("12 34 640\n2\n1\n");
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .contains("fuse.cachefs name,with\\040space ro");
  }

  @Test
  void xattrs_andAccessControlLists_areServed()
      throws IOException, InterruptedException, MountException, FsException {
    mount(options(true, 8));
    assertThat(
            shell(
                """
                touch f; python3 -c '
                import os
                os.setxattr("f", "user.colour", b"red"); print(os.listxattr("f"))
                print(os.getxattr("f", "user.colour")); os.removexattr("f", "user.colour")
                print(os.listxattr("f"))'
                """))
        .isEqualTo("['user.colour']\nb'red'\n[]\n");
  }

  // --- Invalidation ---

  @Test
  void invalidate_afterAChangeBehindTheMount_showsIt()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "one\n");
    MountedFileSystem mount = mount(options(false, 8, Duration.ofHours(1)));
    assertThat(shell("cat f; ! cat new 2>/dev/null; sleep 0.1; cat f")).isEqualTo("one\none\n");
    Files.writeString(source.resolve("new"), "n\n");
    Files.delete(source.resolve("f"));
    mount.invalidateEntry(Vfs.ROOT, "new".getBytes(StandardCharsets.UTF_8));
    mount.invalidateEntry(Vfs.ROOT, "f".getBytes(StandardCharsets.UTF_8));
    mount.invalidateInode(Vfs.ROOT, false);
    assertThat(shell("sleep 0.3; cat new; ! cat f 2>/dev/null")).isEqualTo("n\n");
  }

  // --- The end ---

  @Test
  void unmount_byAnotherProcess_endsTheMount()
      throws IOException, InterruptedException, MountException, FsException {
    MountedFileSystem mount = mount(options(true, 8));
    assertThat(run("umount", mountPoint.toString())).isEmpty();
    assertThat(mount.awaitUnmount(Duration.ofSeconds(5))).isTrue();
    await("threads end", () -> fuseThreads() == 0);
  }

  @Test
  void close_whileInUse_endsInBoundedTime()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    MountedFileSystem mount = mount(options(false, 8));
    Process holder = start("sh", "-c", "exec 3< f; echo ready; sleep 30");
    assertThat(holder.getInputStream().read()).isEqualTo('r');
    long start = System.nanoTime();
    mount.close();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
    await("all threads end", () -> fuseThreads() == 0);
    mount.close();
  }

  @Test
  void close_leavesNoDescriptor()
      throws IOException, InterruptedException, MountException, FsException {
    long before = descriptors();
    for (int i = 0; i < 5; i++) {
      MountedFileSystem mount = mount(options(true, 8));
      assertThat(shell("echo x > f; cat f")).isEqualTo("x\n");
      mount.close();
    }
    assertThat(descriptors()).isLessThanOrEqualTo(before + 2);
  }

  // --- A source that hangs ---

  @Test
  void read_thatIsStuck_endsWhenItsProcessIsKilled()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("read");
    mount(vfs.vfs(), options(false, 8));
    Process reader = start("cat", "f");
    await("the read arrives", () -> vfs.waiting() == 1);
    reader.destroyForcibly();
    assertThat(reader.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(vfs.waiting()).isEqualTo(1);
  }

  /** Opens f, says so, reads from it past the page cache, and prints how many bytes it got. */
  private static final String READER =
      "use Fcntl; $SIG{USR1} = sub {}; sysopen(F, 'f', O_RDONLY | 040000) or die;"
          + " $n = sysread(F, $b, 4096); print defined $n ? $n : $!";

  @Test
  void read_whenASignalIsHandledMeanwhile_goesOn()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("read");
    mount(vfs.vfs(), options(false, 8));
    Process reader = start("perl", "-e", READER);
    await("the read arrives", () -> vfs.waiting() == 1);
    for (int i = 0; i < 3; i++) {
      assertThat(run("kill", "-USR1", Long.toString(reader.pid()))).isEmpty();
    }
    await("the signal was looked at", () -> calls("INTERRUPT") > 1);
    vfs.release();
    assertThat(reader.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(reader.getInputStream().readAllBytes()).asString().isEqualTo("1");
  }

  @Test
  void read_whenKilledAfterAHarmlessSignal_ends()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("read");
    mount(vfs.vfs(), options(false, 8));
    Process reader = start("perl", "-e", READER);
    await("the read arrives", () -> vfs.waiting() == 1);
    assertThat(run("kill", "-USR1", Long.toString(reader.pid()))).isEmpty();
    await("the signal was looked at", () -> calls("INTERRUPT") > 1);
    reader.destroyForcibly();
    assertThat(reader.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(vfs.waiting()).isEqualTo(1);
  }

  @Test
  void lookup_thatIsInterruptedAndFoundLate_givesItsReferenceBack()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("lookup");
    mount(vfs.vfs(), options(false, 8));
    Process reader = start("cat", "f");
    await("the lookup arrives", () -> vfs.waiting() == 1);
    reader.destroyForcibly();
    assertThat(reader.waitFor(5, TimeUnit.SECONDS)).isTrue();
    vfs.release();
    await("the lookup ends", () -> calls("LOOKUP") == 1);
    assertThat(shell("cat f")).isEqualTo("x");
    assertThat(status().failures()).isZero();
  }

  @Test
  void otherFiles_whileManyRequestsAreStuck_areServed()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("read");
    mount(vfs.vfs(), options(false, 72));
    List<Process> readers = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      readers.add(start("dd", "if=f", "iflag=direct", "bs=4096", "skip=" + i, "status=none"));
    }
    await("all are stuck", () -> vfs.waiting() == 64);
    assertThat(shell("ls; mkdir d; stat -c %s f; rmdir d")).isEqualTo("f\n1\n");
    vfs.release();
    for (Process reader : readers) {
      assertThat(reader.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void killedReaders_whenAllThreadsAreStuck_end()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("read");
    mount(vfs.vfs(), options(false, 3));
    List<Process> readers = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      readers.add(start("dd", "if=f", "iflag=direct", "bs=4096", "skip=" + i, "status=none"));
    }
    await("all threads are stuck", () -> vfs.waiting() == 3);
    for (Process reader : readers.subList(0, 10)) {
      reader.destroyForcibly();
    }
    for (Process reader : readers.subList(0, 10)) {
      assertThat(reader.waitFor(5, TimeUnit.SECONDS)).isTrue();
    }
    vfs.release();
    for (Process reader : readers.subList(10, 12)) {
      assertThat(reader.waitFor(5, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(shell("cat f")).isEqualTo("x");
  }

  @Test
  void close_whileRequestsAreStuck_endsInBoundedTime()
      throws IOException, InterruptedException, MountException, FsException {
    Files.writeString(source.resolve("f"), "x");
    StuckVfs vfs = stuck("read");
    MountedFileSystem mount = mount(vfs.vfs(), options(false, 2));
    for (int i = 0; i < 5; i++) {
      Process unused = start("dd", "if=f", "iflag=direct", "bs=4096", "skip=" + i);
    }
    await("all threads are stuck", () -> vfs.waiting() == 2);
    mount.close();
    await("all threads end", () -> fuseThreads() == 0);
  }

  // --- Refusals ---

  @Test
  void mount_onWhatCannotBeMountedOn_saysWhatToDo()
      throws IOException, InterruptedException, MountException, FsException {
    Path file = Files.createFile(directory.resolve("file"));
    Path full = directory.resolve("full");
    Files.createDirectories(full.resolve("x"));
    KernelTransport transport = new KernelTransport(System::nanoTime);
    MountOptions options = options(true, 4);
    assertThatThrownBy(() -> transport.mount(engine.vfs(), directory.resolve("no"), options))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("create the directory first");
    assertThatThrownBy(() -> transport.mount(engine.vfs(), file, options))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("is not a directory");
    assertThatThrownBy(() -> transport.mount(engine.vfs(), full, options))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("is not empty");
  }

  // --- Tools ---

  private static MountOptions options(boolean passthrough, int threads) {
    return options(passthrough, threads, MountOptions.DEFAULT_TIMEOUT);
  }

  private static MountOptions options(boolean passthrough, int threads, Duration timeout) {
    return new MountOptions(
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
        timeout,
        timeout,
        timeout,
        true,
        passthrough,
        false,
        threads);
  }

  private StuckVfs stuck(String operation) {
    StuckVfs vfs = new StuckVfs(engine.vfs(), operation);
    stuck.add(vfs);
    return vfs;
  }

  private MountedFileSystem mount(MountOptions options) throws MountException {
    return mount(engine.vfs(), options);
  }

  private MountedFileSystem mount(Vfs vfs, MountOptions options) throws MountException {
    MountedFileSystem mount = new KernelTransport(System::nanoTime).mount(vfs, mountPoint, options);
    mounted = mount;
    return mount;
  }

  private TransportStatus status() {
    MountedFileSystem mount = mounted;
    if (mount == null) {
      throw new AssertionError("nothing is mounted");
    }
    return mount.status();
  }

  private long calls(String operation) {
    return status().operations().stream()
        .filter(row -> row.operation().equals(operation))
        .mapToLong(OperationMetrics.Row::calls)
        .sum();
  }

  private String shell(String script) throws IOException, InterruptedException {
    return run("sh", "-c", "cd '" + mountPoint + "' && " + script);
  }

  private String run(String... command) throws IOException, InterruptedException {
    List<String> bounded = new ArrayList<>(List.of("timeout", "-s", "KILL", "20"));
    bounded.addAll(List.of(command));
    Process process = new ProcessBuilder(bounded).redirectErrorStream(true).start();
    processes.add(process);
    process.getOutputStream().close();
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

  private static long fuseThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("fuse-"))
        .count();
  }

  private static long descriptors() throws IOException {
    try (var all = Files.list(Path.of("/proc/self/fd"))) {
      return all.count();
    }
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      if (condition.getAsBoolean()) {
        return;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("waited ten seconds for: " + what);
  }
}
