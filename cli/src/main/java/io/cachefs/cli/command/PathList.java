package io.cachefs.cli.command;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A list of paths from a file or from standard input. */
final class PathList {
  private PathList() {}

  static List<String> read(String from, boolean nul) {
    try {
      byte[] bytes =
          from.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(from));
      List<String> paths = new ArrayList<>();
      for (String path : new String(bytes, StandardCharsets.UTF_8).split(nul ? "\0" : "\n", -1)) {
        if (!path.isEmpty()) {
          paths.add(path);
        }
      }
      return paths;
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot read the paths from " + from + ": " + e.getMessage(), e);
    }
  }
}
