package io.cachefs.testing.posix;

import io.cachefs.testing.process.Require;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/** Runs cases, each in a directory of its own that is gone afterwards. */
final class CaseRunner {
  private static final Set<Errno> REFUSALS =
      Set.of(Errno.EOPNOTSUPP, Errno.ENOSYS, Errno.ENOTTY, Errno.EINVAL);
  private static final int CLEANUP_ATTEMPTS = 40;

  private final Path target;
  private final Path reference;
  private final AtomicInteger serial = new AtomicInteger();

  CaseRunner(Path target, Path reference) {
    this.target = target;
    this.reference = reference;
  }

  void run(PosixCase test, boolean mustFail) {
    if (test.needs().contains(Need.ROOT) || test.needs().contains(Need.OTHER_USERS)) {
      Require.root();
    }
    try {
      runIn(target, test);
    } catch (Throwable failure) {
      if (mustFail) {
        return;
      }
      PosixException refusal = refusal(failure);
      if (refusal != null && referenceRefuses(test, refusal)) {
        throw new TestAbortedException("the reference refuses it, too: " + refusal.getMessage());
      }
      // Reports that show no more than a number for a generated test have the name in the message.
      throw new AssertionError(test.name() + ": " + failure.getMessage(), failure);
    }
    if (mustFail) {
      throw new AssertionError(
          test.name() + " is listed as an expected failure but it passes: shorten the list");
    }
  }

  private boolean referenceRefuses(PosixCase test, PosixException refusal) {
    try {
      runIn(reference, test);
      return false;
    } catch (Throwable failure) {
      PosixException same = refusal(failure);
      return same != null && same.errno() == refusal.errno() && same.call().equals(refusal.call());
    }
  }

  private void runIn(Path directory, PosixCase test) {
    String name = "case-" + ProcessHandle.current().pid() + "-" + serial.incrementAndGet();
    Threads.withUmask(
        022,
        () -> {
          try (Posix parent = Posix.in(directory)) {
            parent.dir(name, 0755);
            try (Posix fs = parent.in(name)) {
              test.body().run(fs);
            } catch (Throwable failure) {
              try {
                cleanUp(parent, name);
              } catch (PosixException leftOver) {
                failure.addSuppressed(leftOver);
              }
              throw failure;
            }
            cleanUp(parent, name);
          }
        });
  }

  /** A file that is closed late may keep its directory for a moment, so this is tried again. */
  private static void cleanUp(Posix parent, String name) throws InterruptedException {
    for (int attempt = 1; parent.exists(name); attempt++) {
      try {
        parent.removeTree(name);
      } catch (PosixException e) {
        if (attempt == CLEANUP_ATTEMPTS) {
          throw e;
        }
        Thread.sleep(25);
      }
    }
  }

  /** The refusal of a feature that made the case fail, if one did. */
  private static @Nullable PosixException refusal(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof PosixException e && REFUSALS.contains(e.errno())) {
        return e;
      }
    }
    return null;
  }
}
