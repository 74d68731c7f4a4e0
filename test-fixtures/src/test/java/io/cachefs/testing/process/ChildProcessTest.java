package io.cachefs.testing.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ChildProcessTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  /** What the child JVM runs. */
  static final class Echo {
    private Echo() {}

    /** Greets and waits for its end. */
    public static void main(String[] args) throws InterruptedException {
      System.out.println("hello " + args[0]);
      Thread.sleep(60_000);
    }
  }

  @Test
  void start_command_collectsOutputAndExitCode() {
    try (ChildProcess child = ChildProcess.start("sh", "-c", "echo out; echo err >&2; exit 3")) {
      assertThat(child.awaitExit(LONG)).isEqualTo(3);
      assertThat(child.output()).containsExactlyInAnyOrder("out", "err");
    }
  }

  @Test
  void awaitLine_endWithoutIt_failsWithTheOutput() {
    try (ChildProcess child = ChildProcess.start("echo", "something else")) {
      assertThatThrownBy(() -> child.awaitLine("never", LONG))
          .hasMessageContaining("ended")
          .hasMessageContaining("something else");
    }
  }

  @Test
  void awaitLine_timeout_fails() {
    try (ChildProcess child = ChildProcess.start("sleep", "30")) {
      assertThatThrownBy(() -> child.awaitLine("never", Duration.ofMillis(50)))
          .hasMessageContaining("nothing in");
    }
  }

  @Test
  void kill_endsAtOnce() {
    try (ChildProcess child = ChildProcess.start("sh", "-c", "trap '' TERM; sleep 30")) {
      child.kill();
      assertThat(child.isAlive()).isFalse();
      assertThat(child.awaitExit(LONG)).isEqualTo(137);
    }
  }

  @Test
  void java_runsWithTheClassPathOfTheTest() {
    ChildProcess child = ChildProcess.java(Echo.class, "world");
    try (child) {
      assertThat(child.awaitLine("hello", LONG)).isEqualTo("hello world");
      assertThat(child.isAlive()).isTrue();
    }
    assertThat(child.isAlive()).isFalse();
  }
}
