package io.cachefs.base.planted;

import java.util.function.LongSupplier;

/** A violation for LayersTest to see: a clock taken, not given, and not even called. */
public final class PlantedClock {
  /** Returns a clock. */
  public LongSupplier clock() {
    return System::nanoTime;
  }
}
