package io.cachefs.cli.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
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
}
