package io.cachefs.engine.admin;

import java.util.List;

/**
 * Which files work is done on.
 *
 * @param paths of files, and of directories with all that is below
 * @param globs compared with each path below the source
 * @param recursive whether a directory stands for what is below it too
 */
public record Selection(List<String> paths, List<String> globs, boolean recursive) {
  public Selection {
    paths = List.copyOf(paths);
    globs = List.copyOf(globs);
  }

  /** Everything there is. */
  public static Selection all() {
    return new Selection(List.of(""), List.of(), true);
  }
}
