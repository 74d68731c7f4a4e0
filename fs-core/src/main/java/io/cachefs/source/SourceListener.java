package io.cachefs.source;

import io.cachefs.base.Name;

/**
 * Hears of files that are not what a source said of them. Called from any thread, with no lock held
 * that a call on the source needs; must return soon and must not call the source.
 */
public interface SourceListener {
  /** The attributes of a file are not those given before. */
  void attributesChanged(FileId file);

  /** The content of a file, and so its attributes, are not those given before. */
  void contentChanged(FileId file);

  /** A name in a directory came, went, or stands for another file. */
  void nameChanged(FileId directory, Name name);

  /** The names in a directory are not those listed before. */
  void listingChanged(FileId directory);
}
