package io.cachefs.cli.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON, written and read. */
class JsonTest {
  @Test
  void whatIsWrittenIsReadAgain() {
    Map<String, @Nullable Object> value = new LinkedHashMap<>();
    value.put("text", "a \"quoted\" \\ line\nwith\ttab, é, \u0001 and \ud83d\ude00");
    value.put("numbers", new ArrayList<@Nullable Object>(Arrays.asList(1L, -2L, 1.5, null)));
    value.put("flags", List.of(true, false));
    value.put("empty", Map.of());
    value.put("none", List.of());
    assertThat(Json.parse(Json.line(value))).isEqualTo(value);
    assertThat(Json.parse(Json.pretty(value))).isEqualTo(value);
    assertThat(Json.line(value)).doesNotContain("\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "[1,", "{\"a\" 1}", "nul", "\"open", "[1] 2", "{1:2}", "\"\\x\"", "+"})
  void whatIsNotJsonIsRefused(String text) {
    assertThatThrownBy(() -> Json.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void depthHasABound() {
    String deep = "[".repeat(100_000);
    assertThatThrownBy(() -> Json.parse(deep)).isInstanceOf(IllegalArgumentException.class);
  }
}
