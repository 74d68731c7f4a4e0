package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.Main;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A cache over a FUSE file system that hangs, dies, is unmounted and comes back. That file system
 * is another mount of this program, without a cache; this process never touches either.
 */
@Timeout(180)
class FuseSourceIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String READ = "cat tree/known; ls tree; stat -c %s tree/known";
  private static final String WHAT_IS_READ = "read before\nknown\n12";

  private Path base = Path.of("");
  private Path real = Path.of("");
  private Path remote = Path.of("");
  private Path mountPoint = Path.of("");
  private @Nullable ChildProcess server;
  private @Nullable ChildProcess daemon;

  @BeforeEach
  void begin() throws IOException {
    Require.fuse();
    Require.root();
    base = Files.createTempDirectory(Path.of("/var/tmp"), "cachefs-it-");
    real = Files.createDirectory(base.resolve("real"));
    remote = Files.createDirectory(base.resolve("remote"));
    mountPoint = Files.createDirectory(base.resolve("mnt"));
    Files.createDirectory(real.resolve("tree"));
    Files.writeString(real.resolve("tree/known"), "read before\n");
    Files.writeString(real.resolve("unknown"), "not read before\n");
  }

  @AfterEach
  void end() {
    unmount(mountPoint);
    kill(daemon);
    unmount(remote);
    kill(server);
    shell("rm -rf --one-file-system '" + base + "'");
  }

  private static void kill(@Nullable ChildProcess process) {
    if (process != null) {
      process.kill();
      process.close();
    }
  }

  private static void unmount(Path path) {
    shell("umount -l '" + path + "' 2>/dev/null || true");
  }

  private static String shell(String script) {
    return TestMount.runIn(Path.of("/"), LIMIT, script);
  }

  private ChildProcess serve(Path directory) {
    ChildProcess process =
        ChildProcess.java(
            Main.class,
            "mount",
            "--foreground",
            "--no-cache",
            "--fsname=" + directory,
            directory.toString(),
            remote.toString());
    server = process;
    String unused = process.awaitLine("is mounted at", LIMIT);
    return process;
  }

  private ChildProcess start(String cache) {
    List<String> command = new ArrayList<>(List.of("mount", "--foreground", "--source-timeout=2s"));
    command.add("--cache-dir=" + base.resolve(cache));
    command.add(remote.toString());
    command.add(mountPoint.toString());
    ChildProcess process = ChildProcess.java(Main.class, command.toArray(String[]::new));
    daemon = process;
    return process;
  }

  private ChildProcess mount() {
    ChildProcess process = start("cache");
    String unused = process.awaitLine("is mounted at", LIMIT);
    return process;
  }

  private void fill() {
    // In order: what a cache that was killed knows is confirmed by the source before it is used.
    fillAndEnd(process -> shell("umount '" + mountPoint + "'"));
  }

  private void fillAndEnd(Consumer<ChildProcess> end) {
    ChildProcess first = mount();
    // Times tell what was made this long ago from what it may become; so it is kept as it is.
    shell(
        "while [ $(($(date +%s) - $(stat -c %Z '"
            + real
            + "/unknown'))) -lt 4 ]; do sleep .2; done");
    assertThat(inMount(READ)).isEqualTo(WHAT_IS_READ);
    end.accept(first);
    assertThat(first.awaitExit(LIMIT)).isZero();
    first.close();
  }

  private String inMount(String script) {
    return TestMount.runIn(mountPoint, LIMIT, script);
  }

  private void signal(String name) {
    shell("kill -" + name + " " + Objects.requireNonNull(server).pid());
  }

  private String status() {
    try (ChildProcess status = ChildProcess.java(Main.class, "status", mountPoint.toString())) {
      assertThat(status.awaitExit(LIMIT)).isZero();
      return String.join("\n", status.output());
    }
  }

  private void servesWhatItHas() {
    assertThat(inMount(READ)).isEqualTo(WHAT_IS_READ);
    assertThat(inMount("timeout 20 cat unknown 2>&1 || true")).contains("Input/output error");
    assertThat(status()).contains("reachable    down", "calls under way", "hit ratio");
    assertThat(inMount(READ)).isEqualTo(WHAT_IS_READ);
  }

  private void awaitUp(String expected) {
    String said =
        inMount("for i in $(seq 200); do cat unknown 2>&1 && exit 0; sleep 0.1; done; exit 1");
    assertThat(said).endsWith(expected);
    assertThat(status()).contains("reachable    up");
  }

  @Test
  void aSourceThatHangsAtTheStart_isUsedOnceItAnswers() {
    serve(real);
    fill();
    signal("STOP");
    String said = String.join("\n", mount().output());
    assertThat(said).contains("does not answer within", "what is cached");
    servesWhatItHas();
    signal("CONT");
    awaitUp("not read before");
  }

  @Test
  void aSourceThatIsNotMounted_isUsedOnceItIs() {
    kill(serveAndFill());
    unmount(remote);
    ChildProcess cached = mount();
    servesWhatItHas();
    assertThat(cached.output()).anyMatch(line -> line.contains("is not mounted at " + remote));
    serve(real);
    awaitUp("not read before");
  }

  @Test
  void aListing_whileTheSourceIsDown_printsNoErrors() {
    serve(real);
    mount();
    assertThat(inMount(READ)).isEqualTo(WHAT_IS_READ);
    signal("STOP");
    servesWhatItHas();
    assertThat(inMount("ls -l tree 2>&1")).contains("12 ").endsWith(" known").doesNotContain("ls:");
    signal("CONT");
  }

  private ChildProcess serveAndFill() {
    ChildProcess process = serve(real);
    fill();
    return process;
  }

  @Test
  void aSourceThatDiedAndWasMountedAgain_isUsedAgain() {
    ChildProcess first = serve(real);
    mount();
    assertThat(inMount(READ)).isEqualTo(WHAT_IS_READ);
    kill(first);
    servesWhatItHas();
    unmount(remote);
    servesWhatItHas();
    serve(real);
    awaitUp("not read before");
    assertThat(inMount("echo new > made; cat made")).isEqualTo("new");
  }

  @Test
  void afterTheEndBySignal_ofAMountInUse_whatIsCachedIsServedWithoutTheSource() {
    ChildProcess source = serve(real);
    fillAndEnd(ChildProcess::terminate);
    assertThat(base.resolve("cache/index/closed")).exists();
    try (ChildProcess user =
        ChildProcess.start(
            "bash",
            "-c",
            "for i in $(seq 100); do sleep .1; cd '"
                + mountPoint
                + "/tree' && break; done;"
                + " exec 3<known; echo reads; while cat known; do :; done >/dev/null 2>&1;"
                + " sleep 60")) {
      fillAndEnd(
          process -> {
            String unused = user.awaitLine("reads", LIMIT);
            process.terminate();
          });
    }
    kill(source);
    unmount(remote);
    mount();
    servesWhatItHas();
  }

  @Test
  void anotherSourceAtTheSamePlace_isNotUsed() throws IOException {
    Path other = Files.createDirectory(base.resolve("other"));
    Files.createDirectory(other.resolve("tree"));
    Files.writeString(other.resolve("tree/known"), "of another\n");
    kill(serveAndFill());
    unmount(remote);
    ChildProcess cached = mount();
    ChildProcess wrong = serve(other);
    String unused = cached.awaitLine("another directory is at " + remote, LIMIT);
    servesWhatItHas();
    kill(wrong);
    unmount(remote);
    serve(real);
    awaitUp("not read before");
  }

  @Test
  void withoutACacheThatKnowsTheSource_theMountFailsInTime() {
    serve(real);
    signal("STOP");
    long begin = System.nanoTime();
    ChildProcess refused = start("new");
    assertThat(refused.awaitExit(LIMIT)).isEqualTo(3);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
    assertThat(refused.output()).hasSize(1).first().asString().contains("does not answer within");
    signal("CONT");
  }
}
