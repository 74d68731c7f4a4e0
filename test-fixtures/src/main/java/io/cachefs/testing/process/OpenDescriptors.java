package io.cachefs.testing.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The descriptors of this process, to find out whether a test leaves some open. */
public final class OpenDescriptors {
  private OpenDescriptors() {}

  /** What is open of a directory and of all that is or was below it. */
  public static List<String> under(Path directory) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : (Iterable<Path>) open::iterator) {
        String target = target(descriptor);
        if (target.startsWith(directory.toRealPath().toString())) {
          found.add(target);
        }
      }
    }
    return found;
  }

  private static String target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException e) {
      // Closed by another thread since it was listed.
      return "";
    }
  }
}
