package io.cachefs.source.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IoctlsTest {
  private final List<Integer> commands = new ArrayList<>();

  /** Answers each call with its argument, each byte one more. */
  private final FileCalls calls =
      ChangedFileCalls.of(
          new LinuxFileCalls(),
          call -> {
            assertThat(call.name()).isEqualTo("ioctl");
            commands.add((Integer) call.argument(1));
            ByteBuffer argument = (ByteBuffer) call.argument(2);
            for (int i = 0; i < argument.capacity(); i++) {
              argument.put(i, (byte) (argument.get(i) + 1));
            }
            return null;
          });

  @ParameterizedTest
  @CsvSource({
    "0x80086601, 0x80086601",
    "0x40086602, 0x40086602",
    "0x80046601, 0x80086601",
    "0x40046602, 0x40086602",
    "0x80087601, 0x80087601",
    "0x801c581f, 0x801c581f",
    "0x401c5820, 0x401c5820"
  })
  void call_ofAHarmlessCommand_isPassedOnAsOf64Bits(String command, String passed)
      throws FsException {
    byte[] output = Ioctls.call(calls, 3, Long.decode(command).intValue(), new byte[] {5}, 2);

    assertThat(output).containsExactly(6, 1);
    assertThat(commands).containsExactly(Long.decode(passed).intValue());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 0x5401, 0x1234, 0xc0185879})
  void call_ofAnyOtherCommand_isRefused(int command) {
    assertThatThrownBy(() -> Ioctls.call(calls, 3, command, new byte[0], 0))
        .hasMessageContaining("ENOTTY");
    assertThat(commands).isEmpty();
  }

  @Test
  void call_withTooLargeAnArgument_isInvalid() {
    assertThatThrownBy(() -> Ioctls.call(calls, 3, 0x80086601, new byte[65], 0))
        .hasMessageContaining("EINVAL");
    assertThatThrownBy(() -> Ioctls.call(calls, 3, 0x80086601, new byte[0], 65))
        .hasMessageContaining("EINVAL");
  }
}
