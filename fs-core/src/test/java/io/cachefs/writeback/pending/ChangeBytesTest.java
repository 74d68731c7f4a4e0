package io.cachefs.writeback.pending;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Attributes;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The heads of records as they are on the disk: what was written once is read for ever. */
class ChangeBytesTest {
  private static final Timestamp TIME = new Timestamp(-2, 3);
  private static final String T = "feffffffffffffff" + "03000000";
  private static final byte[] N = {'n'};
  private static final Attributes KNOWN =
      new Attributes(1, 2, 0100644, 3, 4, 5, 6, 7, 8, 9, TIME, TIME, TIME, null);
  private static final String KNOWN_HEX =
      "01000000000000000200000000000000a4810000030000000400000005000000060000000700000000000000"
          + "080000000000000009000000"
          + T
          + T
          + T
          + "00";

  record Golden(Change change, int kind, String hex) {}

  private static String number(int value) {
    return String.format("%02x00000000000000", value);
  }

  private static String word(int value) {
    return String.format("%02x000000", value);
  }

  static Stream<Golden> records() {
    String name = word(1) + "6e";
    Xattr xattr = new Xattr(N, new byte[] {9});
    return Stream.of(
        new Golden(
            new Change.Adopt(new FileId(1, 2, 3), 4, N, N, KNOWN),
            1,
            number(1) + number(2) + number(3) + number(4) + name + name + KNOWN_HEX),
        new Golden(
            new Change.Make(1, N, 2, 3, 4, 5, TIME, N, List.of(xattr), 6, 7),
            2,
            number(1)
                + name
                + (word(2) + word(3) + word(4) + word(5) + T + name)
                + (word(1) + name + "01" + word(1) + "09")
                + (number(6) + number(7))),
        new Golden(new Change.Data(1, 2, 3, TIME), 3, number(1) + number(2) + number(3) + T),
        new Golden(
            new Change.Zero(1, 2, 3, 4, 5, TIME),
            4,
            number(1) + number(2) + number(3) + number(4) + number(5) + T),
        new Golden(new Change.Truncate(1, 2, 3, TIME), 5, number(1) + number(2) + number(3) + T),
        new Golden(
            new Change.SetAttributes(1, 2, 3, 4, 5, TIME, TIME, TIME),
            6,
            number(1) + word(2) + word(3) + word(4) + word(5) + T + T + T),
        new Golden(
            new Change.SetXattr(1, N, null, 2, TIME), 7, number(1) + name + "00" + word(2) + T),
        new Golden(new Change.Link(1, 2, N, TIME), 8, number(1) + number(2) + name + T),
        new Golden(
            new Change.Remove(1, N, 2, TIME, true, 3),
            9,
            number(1) + name + number(2) + T + "01" + number(3)),
        new Golden(
            new Change.Rename(1, N, 2, N, 3, 4, 5, 6, TIME, 7),
            10,
            number(1)
                + name
                + number(2)
                + name
                + (number(3) + number(4) + word(5) + word(6) + T + number(7))),
        new Golden(new Change.Freeze(1), 11, number(1)),
        new Golden(new Change.Begun(1, 2), 12, number(1) + number(2)),
        new Golden(
            new Change.Sent(1, 2, 3, N, 7, new FileId(4, 5, 6), N, KNOWN),
            13,
            number(1)
                + number(2)
                + number(3)
                + name
                + word(7)
                + "01"
                + (number(4) + number(5) + number(6) + name + KNOWN_HEX)),
        new Golden(
            new Change.Sent(1, 2, 3, N, 7, null, new byte[0], null),
            13,
            number(1) + number(2) + number(3) + name + word(7) + "00"));
  }

  @ParameterizedTest
  @MethodSource("records")
  void head_isAlwaysTheSame_andIsReadAgain(Golden golden) {
    HexFormat hex = HexFormat.of();
    assertThat(golden.change.kind()).isEqualTo(golden.kind);
    assertThat(hex.formatHex(golden.change.head())).isEqualTo(golden.hex);
    Change read = Change.read(golden.kind, hex.parseHex(golden.hex));
    assertThat(hex.formatHex(read.head())).isEqualTo(golden.hex);
  }
}
