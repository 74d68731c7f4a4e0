package io.cachefs.base.planted;

/** A violation for LayersTest to see: native calls outside of sys. */
public final class PlantedNativeCall {
  /** Names the library. */
  public Class<?> library() {
    return jnr.ffi.Pointer.class;
  }
}
