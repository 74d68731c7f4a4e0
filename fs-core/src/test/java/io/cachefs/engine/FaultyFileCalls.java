package io.cachefs.engine;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes one system call of a run fail. Owned by one thread. */
final class FaultyFileCalls {
  /** These cannot fail. */
  private static final Set<String> SURE = Set.of("close", "resumeSelf");

  private final FileCalls calls;
  private int left;
  private Errno errno = Errno.EIO;
  private @Nullable String failed;

  FaultyFileCalls(FileCalls linux) {
    calls = ChangedFileCalls.of(linux, this::on);
  }

  FileCalls calls() {
    return calls;
  }

  /** Makes the n-th call from now on fail; the first is 1. */
  void failNth(int n, Errno with) {
    left = n;
    errno = with;
    failed = null;
  }

  /** Makes no call fail from now on. */
  void stop() {
    left = 0;
  }

  /** Returns the name of the call that failed, or null if there were not so many. */
  @Nullable String failed() {
    return failed;
  }

  private @Nullable Object on(ChangedFileCalls.Call call) throws FsException {
    if (left > 0 && !SURE.contains(call.name())) {
      left--;
      if (left == 0) {
        failed = call.name();
        throw new FsException(errno, "made to fail: " + failed);
      }
    }
    return call.proceed();
  }
}
