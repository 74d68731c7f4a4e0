package io.cachefs.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The part of TOML that settings need. */
class TomlReaderTest {
  @Test
  void everyFormOfAValueIsRead() throws TomlException {
    List<TomlEntry> entries =
        TomlReader.read(
            """
            # a comment
            size = "50G" # another
            'count' = 1_000
            on = true
            literal = 'a\\b'
            escaped = "a\\tb\\u00e9\\"#"

            [cache]
            globs = [
              "*.a", # first
              '*.b',
            ]
            none = []
            [[rule]]
            glob = "x"
            [[rule]]
            glob = "y"
            """);
    assertThat(entries)
        .containsExactly(
            new TomlEntry("", 0, "size", List.of("50G"), 2),
            new TomlEntry("", 0, "count", List.of("1000"), 3),
            new TomlEntry("", 0, "on", List.of("true"), 4),
            new TomlEntry("", 0, "literal", List.of("a\\b"), 5),
            new TomlEntry("", 0, "escaped", List.of("a\tb\u00e9\"#"), 6),
            new TomlEntry("cache", 1, "globs", List.of("*.a", "*.b"), 9),
            new TomlEntry("cache", 1, "none", List.of(), 13),
            new TomlEntry("rule", 2, "glob", List.of("x"), 15),
            new TomlEntry("rule", 3, "glob", List.of("y"), 17));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a = 50G | 1 | needs quotes",
        "a = | 1 | wanted a value",
        "a | 1 | wanted '='",
        "a = \"x | 1 | does not end in its line",
        "a = 1 2 | 1 | unexpected '2'",
        "a = [1 2] | 1 | wanted ',' or ']'",
        "a = \"\\q\" | 1 | unknown escape",
        "a = \"\\u12\" | 1 | not the number of a character",
        "a = 1~a = 2 | 2 | is there twice",
        "~[t]~a = 1~[t] | 4 | is there twice",
        "[t]~[[t]] | 2 | is there twice",
        "[t | 1 | wanted ']'",
        "~~= 1 | 3 | wanted a name"
      })
  void whatIsWrongIsSaidWithItsLine(String text, int line, String reason) {
    assertThatThrownBy(() -> TomlReader.read(text.replace('~', '\n')))
        .isInstanceOfSatisfying(
            TomlException.class, e -> assertThat(e.line()).as(text).isEqualTo(line))
        .hasMessageContaining(reason);
  }
}
