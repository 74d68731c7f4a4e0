package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import org.jspecify.annotations.Nullable;

/**
 * Keeps files of the base that somebody has open when their last name is about to go there. Who has
 * one open may have pinned it before ({@link LocalPin}), but then it was perhaps not made yet, or
 * just being renamed; only who sends the removal knows for sure where it is.
 */
final class LastPins {
  private final Overlay overlay;

  LastPins(Overlay overlay) {
    this.overlay = overlay;
  }

  /** A name of a file goes from a directory of the base now. Called without locks. */
  void goes(@Nullable PendingNode node, @Nullable PendingNode directory, @Nullable Name name) {
    if (node == null || directory == null || name == null || !node.isRegular()) {
      return;
    }
    SourceNode file = unpinned(node);
    SourceNode in = directory.base;
    Pin pin = file == null || in == null ? null : pin(file, in, name);
    if (pin != null && !take(node, pin)) {
      pin.close();
    }
  }

  private @Nullable SourceNode unpinned(PendingNode node) {
    Locks.Held held = overlay.locks.hold(node);
    try {
      boolean needed = node.links == 0 && !node.dropped && overlay.isKept(node);
      return needed && node.more().pin == null ? node.base : null;
    } finally {
      held.close();
    }
  }

  private @Nullable Pin pin(SourceNode file, SourceNode in, Name name) {
    try {
      Pin pin = overlay.base.pin(in, name);
      if (pin.id().equals(file.id())) {
        pin.attach(file);
        return pin;
      }
      pin.close();
    } catch (FsException e) {
      // It is kept as long as the source keeps it.
    }
    return null;
  }

  private boolean take(PendingNode node, Pin pin) {
    Locks.Held held = overlay.locks.hold(node);
    try {
      boolean takes = !node.dropped && node.more().pin == null;
      if (takes) {
        node.more().pin = pin;
      }
      return takes;
    } finally {
      held.close();
    }
  }

  /** A file is forgotten, or all are. Called without locks. */
  static void end(PendingNode node) {
    Pin pin = node.more == null ? null : node.more.pin;
    if (pin != null) {
      pin.close();
    }
  }
}
