package io.cachefs.engine.admin;

import java.util.List;

/**
 * What is not at the source yet.
 *
 * @param entries the oldest first
 * @param all how many there are, of which {@code entries} may have a part
 */
public record DirtyList(List<DirtyEntry> entries, long all) {
  public DirtyList {
    entries = List.copyOf(entries);
  }
}
