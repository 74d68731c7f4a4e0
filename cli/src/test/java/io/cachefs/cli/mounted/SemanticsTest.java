package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.posix.PosixCase;
import io.cachefs.testing.posix.PosixSuite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every sentence of docs/semantics.md names tests, and they exist. */
class SemanticsTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
  private static final Pattern METHOD = Pattern.compile("(\\w+(?:Test|IT))#(\\w+)");

  @Test
  void everyRow_namesTestsThatExist() throws IOException {
    Set<String> cases =
        PosixSuite.cases().stream().map(PosixCase::name).collect(Collectors.toSet());
    List<String> problems = new ArrayList<>();
    int rows = 0;
    for (String line : Files.readAllLines(ROOT.resolve("docs/semantics.md"))) {
      String[] cells = line.split("\\|", -1);
      if (cells.length != 4 || cells[1].contains("---") || cells[2].contains("proven by")) {
        continue;
      }
      rows++;
      Matcher quoted = QUOTED.matcher(cells[2]);
      boolean any = false;
      while (quoted.find()) {
        any = true;
        String name = quoted.group(1);
        if (!cases.contains(name) && !isMethod(name)) {
          problems.add("no such test: " + name);
        }
      }
      if (!any) {
        problems.add("no test named for: " + cells[1]);
      }
    }
    assertThat(problems).isEmpty();
    assertThat(rows).isGreaterThan(40);
  }

  private static boolean isMethod(String name) throws IOException {
    Matcher method = METHOD.matcher(name);
    if (!method.matches()) {
      return false;
    }
    try (Stream<Path> files =
        Files.find(ROOT, 14, (path, attributes) -> isSource(path, method.group(1)))) {
      for (Path file : files.toList()) {
        if (Files.readString(file).contains(" " + method.group(2) + "(")) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isSource(Path path, String className) {
    return path.endsWith(className + ".java") && path.toString().contains("src/test");
  }
}
