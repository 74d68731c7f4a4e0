package io.cachefs.fuse.libfuse;

import jnr.ffi.annotations.Delegate;

/**
 * The shapes of libfuse's callbacks. Every parameter is a machine word: a pointer as its address,
 * an {@code int} in the lower half of a {@code long}. Public only because jnr-ffi calls it from a
 * class loader of its own.
 */
public final class Callbacks {
  private Callbacks() {}

  /** A callback without a result. */
  @FunctionalInterface
  public interface VoidOne {
    @Delegate
    void call(long a);
  }

  /** A callback that returns a pointer. */
  @FunctionalInterface
  public interface PointerOne {
    @Delegate
    long call(long a);
  }

  /** A callback of one parameter. */
  @FunctionalInterface
  public interface One {
    @Delegate
    int call(long a);
  }

  /** A callback of two parameters. */
  @FunctionalInterface
  public interface Two {
    @Delegate
    int call(long a, long b);
  }

  /** A callback of three parameters. */
  @FunctionalInterface
  public interface Three {
    @Delegate
    int call(long a, long b, long c);
  }

  /** A callback of four parameters. */
  @FunctionalInterface
  public interface Four {
    @Delegate
    int call(long a, long b, long c, long d);
  }

  /** A callback of five parameters. */
  @FunctionalInterface
  public interface Five {
    @Delegate
    int call(long a, long b, long c, long d, long e);
  }

  /** A callback of six parameters. */
  @FunctionalInterface
  public interface Six {
    @Delegate
    int call(long a, long b, long c, long d, long e, long f);
  }
}
