package io.cachefs.store;

import io.cachefs.source.posix.PosixSource;

/** A violation for LayersTest to see: a store that asks a source, and chooses which. */
public final class PlantedUseOfSource {
  /** Names the source. */
  public Class<?> source() {
    return PosixSource.class;
  }
}
