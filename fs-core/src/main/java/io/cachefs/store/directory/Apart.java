package io.cachefs.store.directory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether one directory lies in another, by whatever path it is named. */
final class Apart {
  private Apart() {}

  /** Returns whether {@code inner} is {@code outer} or lies in it. */
  static boolean isWithin(Path inner, Path outer) throws IOException {
    Path realInner = real(inner);
    if (realInner.startsWith(real(outer))) {
      return true;
    }
    // A file system that is mounted at two places has two real paths and one number.
    Object wanted = identity(outer);
    for (Path at = realInner; at != null && wanted != null; at = at.getParent()) {
      if (wanted.equals(identity(at))) {
        return true;
      }
    }
    return false;
  }

  /** Returns the real path, also of what does not exist yet. */
  private static Path real(Path path) throws IOException {
    Path absolute = path.toAbsolutePath().normalize();
    Path missing = absolute.getFileSystem().getPath("");
    for (Path at = absolute; at != null; at = at.getParent()) {
      try {
        return at.toRealPath().resolve(missing);
      } catch (NoSuchFileException e) {
        Path name = Objects.requireNonNull(at.getFileName(), "the root exists");
        missing = name.resolve(missing);
      }
    }
    return absolute;
  }

  private static @Nullable Object identity(Path path) throws IOException {
    try {
      return Files.getAttribute(path, "unix:dev") + ":" + Files.getAttribute(path, "unix:ino");
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
