package io.cachefs.cli.daemon;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What this process uses, from {@code /proc/self}.
 *
 * @param residentBytes memory in use
 * @param descriptors open file descriptors
 * @param descriptorLimit how many the system allows, or -1 for no limit
 */
public record ProcessFigures(long residentBytes, long descriptors, long descriptorLimit) {
  private static final Path SELF = Path.of("/proc/self");

  /** Reads them now. */
  public static ProcessFigures read() {
    return new ProcessFigures(
        number(line("status", "VmRSS:"), 1) * 1024,
        descriptorsOpen(),
        number(line("limits", "Max open files"), 3));
  }

  private static long descriptorsOpen() {
    long count = 0;
    try (DirectoryStream<Path> open = Files.newDirectoryStream(SELF.resolve("fd"))) {
      for (Path descriptor : open) {
        assert descriptor != null;
        count++;
      }
    } catch (IOException e) {
      return 0;
    }
    // Without the one by which they were listed.
    return count - 1;
  }

  private static String line(String file, String start) {
    try {
      return Files.readAllLines(SELF.resolve(file)).stream()
          .filter(line -> line.startsWith(start))
          .findFirst()
          .orElse("");
    } catch (IOException e) {
      return "";
    }
  }

  private static long number(String line, int word) {
    List<String> words = Arrays.asList(line.strip().split("\\s+", -1));
    if (words.size() <= word || !words.get(word).matches("\\d+")) {
      return -1;
    }
    return Long.parseLong(words.get(word));
  }
}
