package io.cachefs.writeback.pending;

import io.cachefs.source.FileId;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Keeps a file, here and in the base, that may lose its last name. */
final class LocalPin implements Pin {
  private final Overlay overlay;
  private final SourceNode face;
  private final @Nullable Pin below;
  private final AtomicBoolean closed = new AtomicBoolean();

  LocalPin(Overlay overlay, SourceNode face, @Nullable Pin below) {
    this.overlay = overlay;
    this.face = face;
    this.below = below;
    overlay.pins.merge(face.id(), 1, Integer::sum);
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
    if (closed.getAndSet(true)) {
      return;
    }
    overlay.pins.computeIfPresent(face.id(), (id, count) -> count == 1 ? null : count - 1);
    overlay.tidy(overlay.book.of(face));
    if (below != null) {
      below.close();
    }
  }
}
