package io.cachefs.cache.metadata;

import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;

/** A pattern for paths; without a slash it is compared with the last component. Immutable. */
public final class Glob {
  private final PathMatcher matcher;
  private final boolean byName;

  /** Takes what {@link java.nio.file.FileSystem#getPathMatcher} calls a glob. */
  public Glob(String pattern) {
    this.byName = pattern.indexOf('/') < 0;
    this.matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
  }

  /** Returns whether a path relative to the source fits; one that is not text never does. */
  public boolean fits(String path) {
    try {
      Path whole = Path.of(path);
      Path name = whole.getFileName();
      return matcher.matches(byName && name != null ? name : whole);
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
