package io.cachefs.base.planted;

/** A violation for LayersTest to see: printing below the cli. */
public final class PlantedPrinter {
  /** Prints. */
  public void print() {
    System.out.println();
  }
}
