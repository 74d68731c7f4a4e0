package io.cachefs.base.planted.one;

import io.cachefs.base.planted.two.PlantedOtherHalf;

/** A violation for LayersTest to see: one half of a cycle. */
public final class PlantedHalf {
  /** Names the other half. */
  public Class<?> other() {
    return PlantedOtherHalf.class;
  }
}
