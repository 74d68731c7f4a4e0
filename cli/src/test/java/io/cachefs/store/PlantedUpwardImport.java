package io.cachefs.store;

import io.cachefs.engine.CacheFs;

/** A violation for LayersTest to see: a store that knows the engine. */
public final class PlantedUpwardImport {
  /** Names the engine. */
  public Class<?> engine() {
    return CacheFs.class;
  }
}
