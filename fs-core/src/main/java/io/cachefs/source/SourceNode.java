package io.cachefs.source;

import io.cachefs.base.Name;
import org.jspecify.annotations.Nullable;

/** One file of a source, whatever its names are now. Made by the source and used with it only. */
public interface SourceNode {
  /** A name in a directory. */
  record Where(SourceNode directory, Name name) {}

  FileId id();

  /** Returns the file type bits, see {@link io.cachefs.base.Mode}. */
  int type();

  /**
   * Returns what {@link Source#restore} needs, besides a name, to find the file again; empty if a
   * name is all there is.
   */
  default byte[] handle() {
    return new byte[0];
  }

  /** Returns a name it was found under, or null if none is known. Asks nothing. */
  default @Nullable Where where() {
    return null;
  }

  /** Takes over what another node of the same file, found later, knows of its names. */
  void absorb(SourceNode other);
}
