package io.cachefs.cache.data;

import io.cachefs.cache.budget.Ledger;
import java.util.function.BooleanSupplier;

/** Who says how much of the disk may be used. Thread-safe, and called without locks. */
public interface Space {
  /**
   * Takes bytes, in whole pages, and contents before they are written, or returns false: then
   * nothing is written.
   */
  boolean tryReserve(long bytes, long contents);

  /** Gives back what was taken and is free again. */
  void release(long bytes, long contents);

  /** Takes what turned out to be in use already. */
  void charge(long bytes);

  /** Takes from the quota of pins, or returns false. */
  boolean tryPin(long bytes);

  /** Gives back what {@link #tryPin} took. */
  void unpin(long bytes);

  /**
   * Reserves in a ledger.
   *
   * @param isCounted whether the ledger knows all that is on the disk; until then nothing is given
   */
  static Space of(Ledger ledger, BooleanSupplier isCounted) {
    return new Space() {
      @Override
      public boolean tryReserve(long bytes, long contents) {
        return isCounted.getAsBoolean() && ledger.tryReserve(bytes, contents);
      }

      @Override
      public void release(long bytes, long contents) {
        ledger.release(bytes, contents);
      }

      @Override
      public void charge(long bytes) {
        ledger.charge(bytes);
      }

      @Override
      public boolean tryPin(long bytes) {
        return ledger.tryPin(bytes);
      }

      @Override
      public void unpin(long bytes) {
        ledger.unpin(bytes);
      }
    };
  }
}
