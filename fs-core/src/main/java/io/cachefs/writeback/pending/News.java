package io.cachefs.writeback.pending;

import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceListener;
import io.cachefs.source.SourceNode;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Passes on what turned out to be different below, and what is different after something was sent,
 * by the identity that files have here. Thread-safe; takes no lock.
 */
final class News implements SourceListener {
  private final Overlay overlay;
  private final List<SourceListener> listeners = new CopyOnWriteArrayList<>();

  News(Overlay overlay) {
    this.overlay = overlay;
  }

  void add(SourceListener listener) {
    listeners.add(listener);
  }

  void remove(SourceListener listener) {
    listeners.remove(listener);
  }

  private FileId here(FileId file) {
    PendingNode pending = overlay.book.of(file);
    if (pending != null) {
      return pending.face.id();
    }
    LocalNode alias = overlay.book.aliases.of(file);
    return alias == null ? file : alias.id();
  }

  void attributesChanged(SourceNode face) {
    if (!listeners.isEmpty()) {
      FileId id = face.id();
      listeners.forEach(listener -> listener.attributesChanged(id));
    }
  }

  void contentChanged(SourceNode face) {
    FileId id = face.id();
    listeners.forEach(listener -> listener.contentChanged(id));
  }

  void nameChanged(SourceNode directory, @Nullable Name name) {
    FileId id = directory.id();
    if (name != null) {
      listeners.forEach(listener -> listener.nameChanged(id, name));
    }
    listeners.forEach(listener -> listener.listingChanged(id));
  }

  @Override
  public void attributesChanged(FileId file) {
    FileId id = here(file);
    listeners.forEach(listener -> listener.attributesChanged(id));
  }

  @Override
  public void contentChanged(FileId file) {
    FileId id = here(file);
    listeners.forEach(listener -> listener.contentChanged(id));
  }

  @Override
  public void nameChanged(FileId directory, Name name) {
    FileId id = here(directory);
    listeners.forEach(listener -> listener.nameChanged(id, name));
  }

  @Override
  public void listingChanged(FileId directory) {
    FileId id = here(directory);
    listeners.forEach(listener -> listener.listingChanged(id));
  }
}
