package io.cachefs.cli.architecture;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What is asked of source files, apart from the files it is applied to. */
final class SourceFiles {
  private static final int MOST_LINES = 600;
  private static final Pattern TODO = Pattern.compile("\\bTODO\\b(?!\\(#\\d+\\))");

  private SourceFiles() {}

  /** Returns the main source directory of every module. */
  static List<Path> mainDirectories() {
    Path root = Path.of(System.getProperty("user.dir")).toAbsolutePath();
    Path top = Files.exists(root.resolve("fs-core")) ? root : root.resolveSibling("cli/..");
    try (Stream<Path> modules = Files.list(top.normalize())) {
      return modules
          .map(module -> module.resolve("src/main/java"))
          .filter(Files::isDirectory)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> javaFiles(List<Path> directories) {
    List<Path> files = new ArrayList<>();
    for (Path directory : directories) {
      try (Stream<Path> tree = Files.walk(directory)) {
        tree.filter(path -> path.toString().endsWith(".java")).forEach(files::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return files;
  }

  static List<String> tooLong(List<Path> files) {
    return files.stream()
        .filter(file -> lines(file).size() > MOST_LINES)
        .map(file -> file + " has " + lines(file).size() + " lines, more than " + MOST_LINES)
        .toList();
  }

  static List<String> todosWithoutIssue(List<Path> files) {
    return files.stream()
        .filter(file -> lines(file).stream().anyMatch(line -> TODO.matcher(line).find()))
        .map(file -> file + " has a TODO without an issue number")
        .toList();
  }

  static List<String> packagesWithoutDescription(List<Path> files) {
    return files.stream()
        .map(Path::getParent)
        .distinct()
        .filter(directory -> !isDescribed(directory.resolve("package-info.java")))
        .map(directory -> directory + " has no package-info.java with @NullMarked and a text")
        .toList();
  }

  private static boolean isDescribed(Path packageInfo) {
    return Files.exists(packageInfo)
        && lines(packageInfo).contains("@NullMarked")
        && lines(packageInfo).get(0).startsWith("/**");
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
