package io.cachefs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.json.Json;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program as users run it: the launcher, the process in the background, signals, unmounting.
 */
@Timeout(120)
class MountIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @TempDir Path directory;
  private Path source = Path.of("");
  private Path mountPoint = Path.of("");

  @BeforeEach
  void makeDirectories() throws IOException {
    Require.fuse();
    Require.root();
    source = Files.createDirectory(directory.resolve("source")).toRealPath();
    mountPoint = Files.createDirectory(directory.resolve("mount")).toRealPath();
    Files.writeString(source.resolve("file"), "content");
  }

  /** A test that failed half-way must not leave its mount to the rest of the suite. */
  @AfterEach
  void takeTheMountAway() throws IOException {
    if (isMounted()) {
      try (ChildProcess umount = start("umount", "--force", mountPoint.toString())) {
        umount.awaitExit(LIMIT);
      }
    }
    assertThat(isMounted()).isFalse();
  }

  private boolean isMounted() throws IOException {
    return Files.readString(Path.of("/proc/self/mountinfo")).contains(" " + mountPoint + " ");
  }

  private static List<String> command(String... args) {
    Path here = Path.of("").toAbsolutePath();
    Path root = Files.exists(here.resolve("cachefs")) ? here : here.getParent();
    List<String> command = new ArrayList<>();
    // A test run in the background of a shell would hand on that SIGINT is ignored.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add("CACHEFS_BUILD=never");
    command.add("JAVA_HOME=" + System.getProperty("java.home"));
    command.add(Objects.requireNonNull(root).resolve("cachefs").toString());
    command.addAll(List.of(args));
    return command;
  }

  private static ChildProcess start(String... args) {
    return ChildProcess.start(command(args));
  }

  private static void expect(int exitCode, String part, String... args) {
    try (ChildProcess process = start(args)) {
      int code = process.awaitExit(LIMIT);
      String output = String.join("\n", process.output());
      assertThat(output).contains(part);
      assertThat(code).as(output).isEqualTo(exitCode);
    }
  }

  private void mountInBackground() {
    expect(0, "", "mount", logFlag(), cacheFlag(), source.toString(), mountPoint.toString());
  }

  private String logFlag() {
    return "--log-file=" + directory.resolve("log");
  }

  private String cacheFlag() {
    return "--cache-dir=" + directory.resolve("cache");
  }

  private long serverPid() {
    try (ChildProcess status = start("status", "--json", mountPoint.toString())) {
      assertThat(status.awaitExit(LIMIT)).isZero();
      Map<?, ?> document = (Map<?, ?>) parse(status);
      List<?> mounts = (List<?>) Objects.requireNonNull(document.get("mounts"));
      return (Long) Objects.requireNonNull(((Map<?, ?>) mounts.get(0)).get("pid"));
    }
  }

  private static Object parse(ChildProcess process) {
    return Objects.requireNonNull(Json.parse(String.join("\n", process.output())));
  }

  private static void signal(String name, long pid) {
    try (ChildProcess kill = ChildProcess.start("kill", "-" + name, Long.toString(pid))) {
      assertThat(kill.awaitExit(LIMIT)).isZero();
    }
  }

  private static void awaitEnd(long pid) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (ProcessHandle.of(pid).isPresent() && !isZombie(pid)) {
      assertThat(System.nanoTime()).as("process " + pid + " still runs").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static boolean isZombie(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/stat")).contains(") Z ");
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void inTheBackground_theMountAnswersWhenTheCommandReturns() throws IOException {
    mountInBackground();
    assertThat(mountPoint.resolve("file")).hasContent("content");
    long pid = serverPid();
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/cwd"))).isEqualTo(Path.of("/"));
    assertThat(Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/0")))
        .isEqualTo(Path.of("/dev/null"));
    expect(0, "running for", "status", mountPoint.toString());
    expect(0, mountPoint.toString(), "status");
    expect(9, "mounted at", "mount", source.toString(), mountPoint.toString());
    expect(0, "", "umount", mountPoint.toString());
    assertThat(isMounted()).isFalse();
    awaitEnd(pid);
  }

  @Test
  void inTheBackground_aRefusalIsPrintedAndItsExitCodeReturned() {
    expect(3, "does not exist", "mount", source + "-no", mountPoint.toString());
    expect(2, "unknown option 'x'", "mount", "-o", "x", source.toString(), mountPoint.toString());
    expect(7, "no cachefs is mounted", "umount", mountPoint.toString());
  }

  @Test
  void asMountProgram_argumentsMayStartWithTheSource() throws IOException {
    expect(0, "", source.toString(), mountPoint.toString(), "-o", "rw,ro,noauto,x-a.b=c,no_cache");
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).contains(mountPoint + " ro,");
    expect(0, "", "umount", mountPoint.toString());
  }

  @Test
  void inTheForeground_sigtermAndSigintEndItCleanly() throws IOException {
    for (String name : List.of("TERM", "INT")) {
      try (ChildProcess server =
          start("mount", "--foreground", cacheFlag(), source.toString(), mountPoint.toString())) {
        String line = server.awaitLine("is mounted at", LIMIT);
        assertThat(line).contains(source.toString());
        signal(name, server.pid());
        assertThat(server.awaitExit(LIMIT)).as(name).isZero();
      }
      assertThat(isMounted()).isFalse();
    }
  }

  @Test
  void unmountedByAnotherProgram_theServerEnds() throws IOException {
    try (ChildProcess server =
        start("mount", "--foreground", cacheFlag(), source.toString(), mountPoint.toString())) {
      String line = server.awaitLine("is mounted at", LIMIT);
      assertThat(line).isNotEmpty();
      try (ChildProcess umount = ChildProcess.start("umount", mountPoint.toString())) {
        assertThat(umount.awaitExit(LIMIT)).isZero();
      }
      assertThat(server.awaitExit(LIMIT)).isZero();
    }
    assertThat(isMounted()).isFalse();
  }

  @Test
  void killed_theMountIsShownAsDeadAndFreedByTheNextMount() throws IOException {
    mountInBackground();
    long pid = serverPid();
    // The kernel goes on answering a stat by itself for a while after the server's death.
    assertThat(mountPoint.resolve("file")).exists();
    signal("KILL", pid);
    awaitEnd(pid);
    expect(8, "dead", "status", mountPoint.toString());
    expect(
        0,
        "freed " + mountPoint,
        "mount",
        logFlag(),
        cacheFlag(),
        source.toString(),
        mountPoint.toString());
    assertThat(mountPoint.resolve("file")).hasContent("content");
    expect(0, "", "umount", mountPoint.toString());
  }

  @Test
  void inUse_unmountNamesTheProcessAndLazyDoesNotMind() throws IOException {
    mountInBackground();
    long pid = serverPid();
    try (ChildProcess holder =
        ChildProcess.start("sh", "-c", "exec sleep 60 < \"$0\"", mountPoint + "/file")) {
      awaitHolding(holder.pid());
      expect(6, "sleep (pid " + holder.pid(), "umount", mountPoint.toString());
      assertThat(isMounted()).isTrue();
      expect(0, "", "umount", "--lazy", mountPoint.toString());
      assertThat(isMounted()).isFalse();
    }
    awaitEnd(pid);
  }

  private static void awaitHolding(long pid) throws IOException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!Files.readString(Path.of("/proc/" + pid + "/comm")).startsWith("sleep")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void stopped_theServerIsReportedAndForceTakesTheMountAway() throws IOException {
    mountInBackground();
    long pid = serverPid();
    signal("STOP", pid);
    try {
      expect(8, "not answering", "status", mountPoint.toString());
      expect(8, "does not answer", "mount", source.toString(), mountPoint.toString());
      expect(0, "kill -9 " + pid, "umount", "--force", mountPoint.toString());
      assertThat(isMounted()).isFalse();
    } finally {
      signal("CONT", pid);
    }
    awaitEnd(pid);
  }
}
