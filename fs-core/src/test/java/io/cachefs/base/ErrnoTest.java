package io.cachefs.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ErrnoTest {
  @ParameterizedTest
  @EnumSource
  void of_itsNumber_isTheConstant(Errno errno) {
    assertThat(Errno.of(errno.number())).isEqualTo(errno);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 3, 1000, Integer.MIN_VALUE})
  void of_aNumberNotListed_isAnInputOutputError(int number) {
    assertThat(Errno.of(number)).isEqualTo(Errno.EIO);
  }

  @Test
  void numbers_areDifferent() {
    Set<Integer> numbers = new HashSet<>();
    for (Errno errno : Errno.values()) {
      assertThat(numbers.add(errno.number())).as("%s", errno).isTrue();
    }
  }

  @Test
  void exception_tellsErrnoAndWhy() {
    FsException e = new FsException(Errno.EIO, "reading", new IllegalStateException("cable"));

    assertThat(e.errno()).isEqualTo(Errno.EIO);
    assertThat(e).hasMessage("EIO: reading").hasRootCauseMessage("cable");
    assertThat(e.getStackTrace()).isEmpty();
  }
}
