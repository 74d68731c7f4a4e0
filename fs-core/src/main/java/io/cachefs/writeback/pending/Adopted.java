package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;
import io.cachefs.source.SourceNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The nodes that one change needs, which may take several attempts. They stay known between these,
 * and those of which nothing is pending in the end are forgotten then. Owned by one thread.
 */
final class Adopted implements AutoCloseable {
  private final Overlay overlay;
  private final List<PendingNode> nodes = new ArrayList<>(4);

  Adopted(Overlay overlay) {
    this.overlay = overlay;
  }

  /** Returns what is pending of a file; from now on something is. */
  PendingNode of(SourceNode face) throws FsException {
    PendingNode node = overlay.adopt(face);
    if (!nodes.contains(node)) {
      nodes.add(node);
    }
    return node;
  }

  @Override
  public void close() {
    overlay.tidy(nodes.toArray(PendingNode[]::new));
  }
}
