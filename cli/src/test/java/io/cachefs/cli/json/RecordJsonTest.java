package io.cachefs.cli.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordJsonTest {
  /** As the records of a status are. */
  public record Inner(long bytes, @Nullable String error) {}

  /** As the records of a status are. */
  public record Outer(Inner disk, boolean whole, Instant since) {}

  @Test
  void of_nestedRecords_keepsNamesAndOrder() {
    Outer outer = new Outer(new Inner(5, null), true, Instant.EPOCH);

    assertThat(Json.line(RecordJson.of(outer)))
        .isEqualTo(
            "{\"disk\":{\"bytes\":5,\"error\":null},\"whole\":true,"
                + "\"since\":\"1970-01-01T00:00:00Z\"}");
  }

  /** As the options of a mount are. */
  public record Options(
      String name, int most, @Nullable Integer user, boolean fast, long bytes, Duration time) {}

  @Test
  void to_whatWasWritten_givesTheSameRecord() {
    for (Integer user : new Integer[] {null, -1}) {
      Options options = new Options("ä\n", 7, user, true, 1L << 40, Duration.ofMillis(1500));
      String line = Json.line(RecordJson.of(options));
      Map<?, ?> parsed = Objects.requireNonNull((Map<?, ?>) Json.parse(line));
      assertThat(RecordJson.to(Options.class, parsed)).isEqualTo(options);
    }
  }

  @Test
  void to_anythingElse_isRefused() {
    Map<String, Object> json =
        Map.of("name", "x", "most", 7L, "fast", true, "bytes", 1L, "time", "PT1S");
    assertThat(RecordJson.to(Options.class, json).most()).isEqualTo(7);
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("most", 1L << 40), Map.of("fast", "yes"), Map.of("time", "soon"))) {
      Map<String, Object> bad = new HashMap<>(json);
      bad.putAll(wrong);
      assertThatThrownBy(() -> RecordJson.to(Options.class, bad))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
