package io.cachefs.store.directory;

import java.nio.file.Path;

/** The names of what lies in a cache directory. */
final class Layout {
  static final String FORMAT = "cachefs.format";
  static final String NEW_FORMAT = "cachefs.format.new";
  static final String LOCK = "lock";
  static final String INDEX = "index";
  static final String BLOBS = "blobs";
  static final String JOURNAL = "journal";
  static final String CONFLICTS = "conflicts";

  private Layout() {}

  static Path format(Path directory) {
    return directory.resolve(FORMAT);
  }

  static Path lock(Path directory) {
    return directory.resolve(LOCK);
  }
}
