package io.cachefs.vfs;

import io.cachefs.base.Name;

/**
 * Hears what whoever remembers answers of a {@link Vfs} must forget. Called from any thread, with
 * no lock held; must return soon and must not call the file system.
 */
public interface VfsListener {
  /** Attributes, and the content unless {@code attributesOnly}, or the listing of a directory. */
  void inodeChanged(long inodeId, boolean attributesOnly);

  /** What a name in a directory stands for, or that it does not exist. */
  void nameChanged(long directory, Name name);
}
