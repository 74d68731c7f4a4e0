package io.cachefs.cli.mounts;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds the processes that keep a mount in use, by reading links under {@code /proc}: the kernel
 * answers those by itself, so the scan works on a mount that hangs. Processes of other users are
 * seen by root alone.
 */
public final class Holders {
  private static final Path PROC = Path.of("/proc");

  private Holders() {}

  /** Returns the processes with a file or directory of the mount in use, by number. */
  public static List<Holder> of(Path mountPoint) {
    return of(PROC, mountPoint);
  }

  static List<Holder> of(Path proc, Path mountPoint) {
    List<Holder> holders = new ArrayList<>();
    for (Path process : children(proc)) {
      String name = String.valueOf(process.getFileName());
      if (!name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9')) {
        wayOf(process, mountPoint)
            .ifPresent(way -> holders.add(new Holder(Long.parseLong(name), program(process), way)));
      }
    }
    holders.sort(Comparator.comparingLong(Holder::pid));
    return holders;
  }

  private static Optional<String> wayOf(Path process, Path mountPoint) {
    for (String link : List.of("cwd", "root", "exe")) {
      if (leadsInto(process.resolve(link), mountPoint)) {
        return Optional.of(link);
      }
    }
    for (Path descriptor : children(process.resolve("fd"))) {
      if (leadsInto(descriptor, mountPoint)) {
        return Optional.of("open file");
      }
    }
    return Optional.empty();
  }

  private static boolean leadsInto(Path link, Path mountPoint) {
    try {
      Path target = Files.readSymbolicLink(link);
      return target.isAbsolute() && target.startsWith(mountPoint);
    } catch (IOException | UnsupportedOperationException e) {
      // The process has ended, or is another user's.
      return false;
    }
  }

  private static String program(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException e) {
      return "?";
    }
  }

  private static List<Path> children(Path directory) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      stream.forEach(children::add);
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // As above: what cannot be read is not ours to see.
      return children;
    }
    return children;
  }
}
