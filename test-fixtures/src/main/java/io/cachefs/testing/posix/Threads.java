package io.cachefs.testing.posix;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import jnr.ffi.Pointer;

/**
 * Threads that the kernel treats differently from the rest of the process. Credentials are set with
 * the raw calls: the C library's wrappers would change those of every thread.
 */
final class Threads {
  private static final int CLONE_FS = 0x200;
  private static final int CLONE_FILES = 0x400;
  private static final long TIMEOUT_SECONDS = 60;
  private static final ThreadLocal<Boolean> OWN_FILES = ThreadLocal.withInitial(() -> false);

  private Threads() {}

  static void asUser(int uid, int gid, int[] groups, Work body) {
    // Opens the jar while this thread may still read it: the other user possibly may not.
    assertThat(true).isTrue();
    onThread(
        () -> {
          Pointer list = LibC.memory(4 * groups.length);
          list.put(0, groups, 0, groups.length);
          LibC.call(Sys.SETGROUPS, groups.length, list);
          LibC.call(Sys.SETRESGID, gid, gid, gid);
          LibC.call(Sys.SETRESUID, uid, uid, uid);
          body.run();
        });
  }

  static void withUmask(int mask, Work body) {
    onThread(
        () -> {
          LibC.call(Sys.UNSHARE, CLONE_FS);
          Posix.umask(mask);
          body.run();
        });
  }

  static void asProcess(Work body) {
    onThread(
        () -> {
          LibC.call(Sys.UNSHARE, CLONE_FILES);
          OWN_FILES.set(true);
          body.run();
        });
  }

  /** Whether the current thread's descriptors are its own: nobody else can use or close them. */
  static boolean hasOwnFiles() {
    return OWN_FILES.get();
  }

  /** Runs to the end on a thread of its own, or fails after a time that no case needs. */
  static void onThread(Work body) {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              body.run();
              return true;
            });
    Thread thread = new Thread(task, "posix-case");
    thread.setDaemon(true);
    thread.start();
    try {
      assertThat(task.get(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
      // The kernel gives up what the thread held when it ends, not when its task does.
      thread.join(TimeUnit.SECONDS.toMillis(TIMEOUT_SECONDS));
    } catch (ExecutionException e) {
      throw Threads.<RuntimeException>unchecked(e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("still running after " + TIMEOUT_SECONDS + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> T unchecked(@org.jspecify.annotations.Nullable Throwable t)
      throws T {
    throw (T) (t == null ? new AssertionError("no cause") : t);
  }
}
