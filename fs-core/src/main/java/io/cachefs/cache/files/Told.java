package io.cachefs.cache.files;

import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Passes on what turned out to be different, to each mount. Thread-safe. */
final class Told implements SourceListener {
  private final List<SourceListener> listeners = new CopyOnWriteArrayList<>();

  void add(SourceListener listener) {
    listeners.add(listener);
  }

  void remove(SourceListener listener) {
    listeners.remove(listener);
  }

  /** Returns whether a change through one mount must be told to another. */
  boolean isShared() {
    return listeners.size() > 1;
  }

  @Override
  public void attributesChanged(FileId file) {
    listeners.forEach(listener -> listener.attributesChanged(file));
  }

  @Override
  public void contentChanged(FileId file) {
    listeners.forEach(listener -> listener.contentChanged(file));
  }

  @Override
  public void nameChanged(FileId directory, Name name) {
    listeners.forEach(listener -> listener.nameChanged(directory, name));
  }

  @Override
  public void listingChanged(FileId directory) {
    listeners.forEach(listener -> listener.listingChanged(directory));
  }
}
