package io.cachefs.writeback.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.testing.random.Seeds;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Stops generated histories at each of their calls, lets the disk forget, reorder and tear what was
 * not synced, and looks what the journal has then. More of them with {@code
 * -Dcachefs.journal.histories=N}.
 */
@ExtendWith(Seeds.class)
final class CrashTest {
  private static final int HISTORIES = Integer.getInteger("cachefs.journal.histories", 4);
  private static final int STEPS = 60;

  @Test
  void crashAtEachCall_losesNothingCommitted() throws Exception {
    Random seeds = Seeds.random("journal crash");
    long crashes = 0;
    for (int history = 0; history < HISTORIES; history++) {
      long seed = seeds.nextLong();
      long calls = run(seed, Long.MAX_VALUE);
      for (long call = 1; call <= calls; call++) {
        long at = call;
        crashes++;
        try {
          long unused = run(seed, at);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError(
              "history " + history + " seed " + seed + " call " + at + "; " + Seeds.hint(), e);
        }
      }
    }
    assertThat(crashes).isGreaterThan(HISTORIES * 20L);
  }

  private static long run(long seed, long stopAt) throws JournalException {
    CrashingDisk disk = new CrashingDisk();
    History history = new History(disk, new Random(seed));
    Random luck = new Random(seed * 31 + stopAt);
    disk.stopAt(stopAt);
    if (live(history, STEPS)) {
      return disk.calls();
    }
    crash(disk, luck);
    // The next life may end while it begins or soon after.
    disk.stopAt(luck.nextInt(3) == 0 ? Long.MAX_VALUE : 1 + luck.nextInt(60));
    if (!live(history, 20)) {
      crash(disk, luck);
      history.open();
    }
    disk.stopAt(Long.MAX_VALUE);
    history.close();
    return 0;
  }

  private static void crash(CrashingDisk disk, Random luck) {
    if (luck.nextInt(5) == 0) {
      disk.kill();
    } else {
      disk.crash(luck);
    }
  }

  /** Returns whether the history came to its end. */
  private static boolean live(History history, int steps) throws JournalException {
    try {
      history.open();
      for (int i = 0; i < steps; i++) {
        history.step();
      }
      return true;
    } catch (CrashingDisk.Stopped e) {
      return false;
    }
  }

  /** Each call fails once; whoever asked is told, and what was acknowledged is there afterwards. */
  @Test
  void eachCallFails_andNothingAcknowledgedIsLost() throws Exception {
    Random seeds = Seeds.random("journal failure");
    for (int round = 0; round < HISTORIES; round++) {
      long seed = seeds.nextLong();
      long calls = run(seed, Long.MAX_VALUE);
      for (long call = 1; call <= calls; call++) {
        Errno errno = call % 2 == 0 ? Errno.ENOSPC : Errno.EIO;
        try {
          fail(seed, call, errno);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError(
              "round " + round + " seed " + seed + " call " + call + "; " + Seeds.hint(), e);
        }
      }
    }
  }

  private static void fail(long seed, long call, Errno errno) throws JournalException {
    CrashingDisk disk = new CrashingDisk();
    History history = new History(disk, new Random(seed));
    disk.failAt(call, errno, call % 3 == 0);
    int failures = 0;
    for (int i = 0; i < STEPS; i++) {
      try {
        history.step();
      } catch (JournalException e) {
        failures++;
        history.pendingFailed();
      }
    }
    assertThat(failures).as("failures told of").isLessThanOrEqualTo(STEPS);
    disk.kill();
    history.open();
    history.close();
    if (failures > 0) {
      disk.crash(new Random(call));
      history.open();
      history.close();
    }
  }
}
