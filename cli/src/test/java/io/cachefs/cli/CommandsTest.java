package io.cachefs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.cli.json.Json;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that need no mount. */
class CommandsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "mount",
        "umount",
        "status",
        "warm",
        "pin",
        "unpin",
        "evict",
        "invalidate",
        "explain",
        "flush",
        "dirty",
        "conflicts",
        "offline",
        "online",
        "export",
        "doctor",
        "version",
        "completion"
      })
  void everyCommandHasHelpWithAnExample(String command) {
    Run run = Run.of(command, "--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Usage: cachefs " + command).contains("Example");
    assertThat(Run.of("help", command).out()).isEqualTo(run.out());
  }

  @Test
  void helpOfTheProgramNamesEveryCommandAndExitCode() {
    Run run = Run.of("--help");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("mount", "umount", "status", "doctor", "completion", "help");
    assertThat(run.out()).contains("no cachefs is mounted there");
  }

  @Test
  void versionIsThatOfTheBuild() {
    assertThat(Run.of("version").out()).matches("cachefs \\d+\\.\\d+\\.\\d+.*, Java .*\\n");
    assertThat(Run.of("--version").out()).startsWith("cachefs ");
  }

  @Test
  void completionIsAScript() {
    assertThat(Run.of("completion").out()).startsWith("#!").contains("complete -F");
  }

  @Test
  void doctorSaysTheSameAsTextAndAsJson() {
    Run text = Run.of("doctor");
    Run json = Run.of("doctor", "--json");
    assertThat(text.out()).contains("/dev/fuse").contains("Java");
    assertThat(Json.parse(json.out())).isInstanceOf(Map.class);
    assertThat(json.exitCode()).isEqualTo(text.exitCode());
  }
}
