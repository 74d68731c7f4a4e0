package io.cachefs.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameTest {
  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "/", "a\0b", "\0"})
  void of_whatIsNoName_isInvalid(String text) {
    assertThatThrownBy(() -> Name.of(text)).hasMessageContaining("EINVAL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "...", ".a", "..a", "a.", "a b", "\u00e4", "\n", "\\"})
  void of_aName_keepsItsBytes(String text) throws FsException {
    assertThat(Name.of(text)).hasToString(text).isEqualTo(Name.of(text));
  }

  @Test
  void of_255Bytes_isANameAnd256AreTooLong() throws FsException {
    assertThat(Name.of("n".repeat(255)).length()).isEqualTo(255);
    assertThatThrownBy(() -> Name.of("n".repeat(256))).hasMessageContaining("ENAMETOOLONG");
  }

  @Test
  void of_anyByteButSlashAndNul_isAllowed() throws FsException {
    for (int b = 1; b < 256; b++) {
      if (b != '/' && b != '.') {
        byte[] bytes = {(byte) b};
        assertThat(Name.of(bytes).bytes()).isEqualTo(bytes);
      }
    }
  }

  @Test
  void of_copiesItsBytes() throws FsException {
    byte[] bytes = {'a'};
    Name name = Name.of(bytes);
    bytes[0] = 'b';

    assertThat(name).isEqualTo(Name.of("a")).hasSameHashCodeAs(Name.of("a"));
    assertThat(name).isNotEqualTo(Name.of("b"));
    assertThat(name.terminated()).containsExactly('a', 0);
  }
}
