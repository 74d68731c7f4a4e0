package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Locks on whole files and on ranges. */
final class LockCases {
  private LockCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("locks", Need.LOCKS);
    whole(c);
    ranges(c, "ofd", F_OFD_SETLK, F_OFD_GETLK, LockCases::here);
    ranges(c, "posix", F_SETLK, F_GETLK, Posix::asProcess);
    owners(c);
    return c;
  }

  private static void here(Work work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static void whole(CaseList c) {
    Map<String, Integer> kinds = new LinkedHashMap<>();
    kinds.put("shared", LOCK_SH);
    kinds.put("exclusive", LOCK_EX);
    kinds.forEach(
        (held, first) ->
            kinds.forEach(
                (wanted, second) -> {
                  boolean together = first == LOCK_SH && second == LOCK_SH;
                  c.add(
                      "flock_" + wanted + "While_" + held + (together ? "_works" : "_isRefused"),
                      fs -> {
                        fs.write("a", "");
                        Fd one = fs.open("a", O_RDWR);
                        Fd two = fs.open("a", O_RDWR);
                        one.flock(first);
                        if (together) {
                          two.flock(second | LOCK_NB);
                          expect(Errno.EAGAIN, () -> fs.open("a", 0).flock(LOCK_EX | LOCK_NB));
                        } else {
                          expect(Errno.EAGAIN, () -> two.flock(second | LOCK_NB));
                        }
                        one.flock(LOCK_UN);
                        two.flock(second | LOCK_NB);
                        assertThat(two.size()).isZero();
                      });
                }));
    c.add(
        "flock_close_releases",
        fs -> {
          fs.write("a", "");
          Fd one = fs.open("a", O_RDWR);
          Fd two = fs.open("a", O_RDWR);
          one.flock(LOCK_EX);
          expect(Errno.EAGAIN, () -> two.flock(LOCK_EX | LOCK_NB));
          one.close();
          retry(() -> two.flock(LOCK_EX | LOCK_NB));
          assertThat(two.size()).isZero();
        });
    c.add(
        "flock_upgradeAndDowngrade_work",
        fs -> {
          fs.write("a", "");
          Fd one = fs.open("a", O_RDWR);
          Fd two = fs.open("a", O_RDWR);
          one.flock(LOCK_SH);
          one.flock(LOCK_EX | LOCK_NB);
          expect(Errno.EAGAIN, () -> two.flock(LOCK_SH | LOCK_NB));
          one.flock(LOCK_SH);
          two.flock(LOCK_SH | LOCK_NB);
          expect(Errno.EAGAIN, () -> one.flock(LOCK_EX | LOCK_NB));
        });
    c.add(
        "flock_dup_sharesTheLock",
        fs -> {
          fs.write("a", "");
          Fd one = fs.open("a", O_RDWR);
          one.flock(LOCK_EX);
          try (Fd same = one.dup()) {
            same.flock(LOCK_EX | LOCK_NB);
            one.close();
            expect(Errno.EAGAIN, () -> fs.open("a", O_RDWR).flock(LOCK_EX | LOCK_NB));
          }
          retry(() -> fs.open("a", O_RDWR).flock(LOCK_EX | LOCK_NB));
        });
    c.add(
        "flock_twoFiles_areIndependent",
        fs -> {
          fs.write("a", "");
          fs.write("b", "");
          fs.open("a", O_RDWR).flock(LOCK_EX);
          fs.open("b", O_RDWR).flock(LOCK_EX | LOCK_NB);
          expect(Errno.EAGAIN, () -> fs.open("b", O_RDWR).flock(LOCK_SH | LOCK_NB));
        });
    c.add(
        "flock_hardLinks_areOneFile",
        fs -> {
          fs.write("a", "");
          fs.link("a", "b");
          fs.open("a", O_RDWR).flock(LOCK_EX);
          expect(Errno.EAGAIN, () -> fs.open("b", O_RDWR).flock(LOCK_EX | LOCK_NB));
        },
        Need.HARD_LINK);
    c.add(
        "flock_onDirectory_works",
        fs -> {
          fs.mkdir("d");
          fs.open("d", O_RDONLY).flock(LOCK_EX);
          expect(Errno.EAGAIN, () -> fs.open("d", O_RDONLY).flock(LOCK_EX | LOCK_NB));
        });
    c.add(
        "flock_waiting_getsTheLockWhenItIsReleased",
        fs -> {
          fs.write("a", "");
          Fd one = fs.open("a", O_RDWR);
          one.flock(LOCK_EX);
          List<String> order = new CopyOnWriteArrayList<>();
          Thread waiter =
              new Thread(
                  () -> {
                    fs.open("a", O_RDWR).flock(LOCK_EX);
                    order.add("locked");
                  });
          waiter.start();
          waiter.join(50);
          order.add("released");
          one.flock(LOCK_UN);
          waiter.join(10_000);
          assertThat(order).containsExactly("released", "locked");
        });
  }

  /** Who takes the second lock. */
  private interface Other {
    void does(Work work);
  }

  private static void ranges(CaseList c, String kind, int set, int get, Other other) {
    c.add(
        kind + "Lock_overlappingWrites_conflict",
        fs -> {
          Fd one = locked(fs, set, F_WRLCK, 10, 10);
          other.does(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                expect(Errno.EAGAIN, () -> two.lock(set, F_WRLCK, 19, 5));
                expect(Errno.EAGAIN, () -> two.lock(set, F_RDLCK, 0, 11));
                two.lock(set, F_WRLCK, 20, 5);
                two.lock(set, F_WRLCK, 0, 10);
              });
          assertThat(one.size()).isZero();
        });
    c.add(
        kind + "Lock_sharedReads_doNotConflict",
        fs -> {
          locked(fs, set, F_RDLCK, 0, 100);
          other.does(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                two.lock(set, F_RDLCK, 50, 100);
                expect(Errno.EAGAIN, () -> two.lock(set, F_WRLCK, 50, 1));
              });
        });
    c.add(
        kind + "Lock_getlk_tellsTheConflict",
        fs -> {
          locked(fs, set, F_WRLCK, 10, 10);
          other.does(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                assertThat(two.conflict(get, F_RDLCK, 0, 100))
                    .isEqualTo(List.of((long) F_WRLCK, 10L, 10L));
                assertThat(two.conflict(get, F_RDLCK, 20, 100).get(0)).isEqualTo(F_UNLCK);
              });
        });
    c.add(
        kind + "Lock_unlockInTheMiddle_splitsTheRange",
        fs -> {
          Fd one = locked(fs, set, F_WRLCK, 0, 30);
          one.lock(set, F_UNLCK, 10, 10);
          other.does(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                two.lock(set, F_WRLCK, 10, 10);
                expect(Errno.EAGAIN, () -> two.lock(set, F_WRLCK, 9, 1));
                expect(Errno.EAGAIN, () -> two.lock(set, F_WRLCK, 20, 1));
              });
        });
    c.add(
        kind + "Lock_lengthZero_reachesToTheEndOfAllOffsets",
        fs -> {
          locked(fs, set, F_WRLCK, 1000, 0);
          other.does(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                expect(Errno.EAGAIN, () -> two.lock(set, F_WRLCK, 1L << 40, 1));
                two.lock(set, F_WRLCK, 0, 1000);
              });
        });
    c.add(
        kind + "Lock_writeLockOnReadOnlyDescriptor_failsWithEbadf",
        fs -> {
          fs.write("a", "");
          Fd fd = fs.open("a", O_RDONLY);
          expect(Errno.EBADF, () -> fd.lock(set, F_WRLCK, 0, 1));
        });
    c.add(
        kind + "Lock_close_releases",
        fs -> {
          Fd one = locked(fs, set, F_WRLCK, 0, 0);
          other.does(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                expect(Errno.EAGAIN, () -> two.lock(set, F_WRLCK, 0, 1));
              });
          one.close();
          other.does(() -> retry(() -> fs.open("a", O_RDWR).lock(set, F_WRLCK, 0, 1)));
        });
  }

  private static Fd locked(Posix fs, int set, int type, long start, long length) {
    fs.write("a", "");
    Fd fd = fs.open("a", O_RDWR);
    fd.lock(set, type, start, length);
    return fd;
  }

  private static void owners(CaseList c) {
    c.add(
        "posixLock_sameProcess_neverConflicts",
        fs -> {
          locked(fs, F_SETLK, F_WRLCK, 0, 10);
          Fd two = fs.open("a", O_RDWR);
          two.lock(F_SETLK, F_WRLCK, 0, 10);
          assertThat(two.conflict(F_GETLK, F_WRLCK, 0, 10).get(0)).isEqualTo(F_UNLCK);
        });
    c.add(
        "posixLock_closeOfAnyDescriptor_releases",
        fs -> {
          locked(fs, F_SETLK, F_WRLCK, 0, 10);
          fs.open("a", O_RDONLY).close();
          Posix.asProcess(() -> retry(() -> fs.open("a", 2).lock(F_SETLK, F_WRLCK, 0, 10)));
        });
    c.add(
        "posixLock_conflictsWithOfdLock",
        fs -> {
          locked(fs, F_SETLK, F_WRLCK, 0, 10);
          expect(Errno.EAGAIN, () -> fs.open("a", O_RDWR).lock(F_OFD_SETLK, F_WRLCK, 5, 1));
        });
    c.add(
        "posixLock_andFlock_areIndependent",
        fs -> {
          locked(fs, F_SETLK, F_WRLCK, 0, 0);
          Posix.asProcess(
              () -> {
                Fd two = fs.open("a", O_RDWR);
                two.flock(LOCK_EX | LOCK_NB);
                expect(Errno.EAGAIN, () -> two.lock(F_SETLK, F_WRLCK, 0, 1));
              });
        });
  }

  /** Some file systems release with a delay: up to a second is accepted. */
  private static void retry(Work work) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        work.run();
        return;
      } catch (PosixException e) {
        if (e.errno() != Errno.EAGAIN || attempt == 50) {
          throw e;
        }
        Thread.sleep(20);
      }
    }
  }
}
