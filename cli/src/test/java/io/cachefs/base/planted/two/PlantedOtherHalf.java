package io.cachefs.base.planted.two;

import io.cachefs.base.planted.one.PlantedHalf;

/** A violation for LayersTest to see: the other half of a cycle. */
public final class PlantedOtherHalf {
  /** Names the first half. */
  public Class<?> first() {
    return PlantedHalf.class;
  }
}
