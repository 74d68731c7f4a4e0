package io.cachefs.source;

import java.io.Closeable;

/** Keeps one file reachable without a name, until closed. */
public interface Pin extends Closeable {
  FileId id();

  /** Lets {@code node}, which is of the same file, be reached through this pin. */
  void attach(SourceNode node);

  @Override
  void close();
}
