package io.cachefs.writeback.pending;

import io.cachefs.source.FileId;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import org.jspecify.annotations.Nullable;

/** Keeps a file, here and in the base, that may lose its last name. */
final class LocalPin implements Pin {
  private final Overlay overlay;
  private final SourceNode face;
  private final @Nullable Pin below;
  private @Nullable PendingNode kept;

  LocalPin(Overlay overlay, SourceNode face, @Nullable PendingNode kept, @Nullable Pin below) {
    this.overlay = overlay;
    this.face = face;
    this.kept = kept;
    this.below = below;
  }

  @Override
  public FileId id() {
    return face.id();
  }

  @Override
  public void attach(SourceNode node) {
    SourceNode base = Overlay.baseOf(node);
    if (below != null && base != null && below.id().equals(base.id())) {
      below.attach(base);
    }
  }

  @Override
  public void close() {
    PendingNode node;
    synchronized (this) {
      node = kept;
      kept = null;
    }
    if (node != null) {
      Locks.Held held = overlay.locks.hold(node);
      try {
        node.keepers--;
      } finally {
        held.close();
      }
      overlay.tidy(node);
    }
    if (below != null) {
      below.close();
    }
  }
}
