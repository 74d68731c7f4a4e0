package io.cachefs.cli.option;

import java.math.BigDecimal;
import java.nio.file.FileSystems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Values as people write them. Each method throws {@link IllegalArgumentException} with a reason.
 */
final class Units {
  private static final Pattern DURATION = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*(ms|s|m|h|d)?");
  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*([kmg]?)(?:i?b)?");

  /** Longer than any mount lives, and far from the end of the kernel's counter. */
  private static final Duration LONGEST = Duration.ofDays(3650);

  private Units() {}

  /** Reads {@code 10s}, {@code 1m}, {@code 250ms} or seconds as in {@code 0.5}. */
  static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a duration like 0.5, 10s, 250ms or 1m");
    }
    String unit = matcher.group(2);
    long nanosPerUnit =
        switch (unit == null ? "s" : unit) {
          case "ms" -> 1_000_000L;
          case "m" -> 60_000_000_000L;
          case "h" -> 3_600_000_000_000L;
          case "d" -> 86_400_000_000_000L;
          default -> 1_000_000_000L;
        };
    BigDecimal nanos = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(nanosPerUnit));
    if (nanos.compareTo(BigDecimal.valueOf(LONGEST.toNanos())) > 0) {
      throw new IllegalArgumentException("'" + text + "' is longer than " + LONGEST.toDays() + "d");
    }
    return Duration.ofNanos(nanos.longValue());
  }

  /** Returns a duration in the form {@link #duration} reads. */
  static String text(Duration duration) {
    BigDecimal seconds = BigDecimal.valueOf(duration.toNanos(), 9).stripTrailingZeros();
    return seconds.toPlainString() + "s";
  }

  /** Reads {@code 128K}, {@code 1M}, {@code 1MiB} or bytes. */
  static int size(String text) {
    Matcher matcher = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a size like 4096, 128K or 1M");
    }
    int shift =
        switch (matcher.group(2)) {
          case "k" -> 10;
          case "m" -> 20;
          case "g" -> 30;
          default -> 0;
        };
    String digits = matcher.group(1);
    long value = digits.length() > 10 ? Long.MAX_VALUE : Long.parseLong(digits);
    if (value > Integer.MAX_VALUE >> shift) {
      throw new IllegalArgumentException("'" + text + "' is more than 2G");
    }
    return Math.toIntExact(value << shift);
  }

  private static final String UNITS = "kmgtp";
  private static final Pattern BYTES = Pattern.compile("(\\d+)\\s*([kmgtp]?)(?:i?b)?");

  /** As {@link #size}, without its limit; at least {@code least}. */
  static long bytes(String text, long least) {
    return bytes(text, least, Long.MAX_VALUE);
  }

  static long bytes(String text, long least, long most) {
    Matcher matcher = BYTES.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("'" + text + "' is not a size like 512M, 50G or 2T");
    }
    String unit = matcher.group(2);
    int shift = unit.isEmpty() ? 0 : 10 * (UNITS.indexOf(unit) + 1);
    String digits = matcher.group(1);
    long value = digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
    if (value > Long.MAX_VALUE >> shift) {
      throw new IllegalArgumentException("'" + text + "' is more than there can be");
    }
    long bytes = value << shift;
    if (bytes < least) {
      throw new IllegalArgumentException("'" + text + "' is less than " + text(least));
    }
    if (bytes > most) {
      throw new IllegalArgumentException("'" + text + "' is more than " + text(most));
    }
    return bytes;
  }

  /** Returns a size in the form {@link #bytes} reads. */
  static String text(long bytes) {
    int unit = 0;
    long value = bytes;
    while (value != 0 && value % 1024 == 0 && unit < UNITS.length()) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? Long.toString(value)
        : value + UNITS.substring(unit - 1, unit).toUpperCase(Locale.ROOT);
  }

  /** Reads a number of things. */
  static long count(String text, long least) {
    String digits = text.strip();
    if (!digits.matches("\\d{1,18}")) {
      throw new IllegalArgumentException("'" + text + "' is not a number");
    }
    long value = Long.parseLong(digits);
    if (value < least) {
      throw new IllegalArgumentException(value + " is less than " + least);
    }
    return value;
  }

  /** Reads a duration that is not zero. */
  static Duration someTime(String text) {
    Duration duration = duration(text);
    if (duration.isZero()) {
      throw new IllegalArgumentException("'" + text + "' is no time at all");
    }
    return duration;
  }

  static int powerOfTwo(String text, int most) {
    int value = number(text, 1, most);
    if (Integer.bitCount(value) != 1) {
      throw new IllegalArgumentException(value + " is not a power of two");
    }
    return value;
  }

  /** Reads one of the words of an enum, in small letters and with a dash between words. */
  static <E extends Enum<E>> E word(String text, Class<E> type) {
    List<String> words = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      String word = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
      if (word.equals(text)) {
        return constant;
      }
      words.add(word);
    }
    throw new IllegalArgumentException("'" + text + "' is not one of " + String.join(", ", words));
  }

  static String oneOf(String text, List<String> words) {
    if (!words.contains(text)) {
      throw new IllegalArgumentException(
          "'" + text + "' is not one of " + String.join(", ", words));
    }
    return text;
  }

  static boolean onOff(String text) {
    return switch (text) {
      case "true", "yes", "on" -> true;
      case "false", "no", "off" -> false;
      default -> throw new IllegalArgumentException("'" + text + "' is not true or false");
    };
  }

  /** Returns globs that the JDK can read. */
  static List<String> globs(List<String> texts) {
    for (String text : texts) {
      try {
        var ignored = FileSystems.getDefault().getPathMatcher("glob:" + text(text));
        assert ignored != null;
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(
            "'" + text + "' is not a glob: " + e.getDescription(), e);
      }
    }
    return List.copyOf(texts);
  }

  /** Reads permission bits in octal. */
  static int octal(String text) {
    if (!text.matches("0*[0-7]{1,3}")) {
      throw new IllegalArgumentException("'" + text + "' is not an octal mode like 022");
    }
    return Integer.parseInt(text, 8);
  }

  /** Reads the number of a user or group. */
  static int id(String text) {
    try {
      return Integer.parseUnsignedInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a user or group number", e);
    }
  }

  /** Reads a number between two bounds. */
  static int number(String text, int least, int most) {
    int value;
    try {
      value = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' is not a number", e);
    }
    if (value < least || value > most) {
      throw new IllegalArgumentException(value + " is not between " + least + " and " + most);
    }
    return value;
  }

  /** Returns a text that must not be empty. */
  static String text(String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("the value is empty");
    }
    return value;
  }
}
