package io.cachefs.fuse;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The only place where a failure becomes a number for the kernel and a line in the log. */
public final class ErrnoReply {
  private static final Logger log = LoggerFactory.getLogger(ErrnoReply.class);

  private final LongAdder faults = new LongAdder();

  /** Returns the errno (a positive number) that answers {@code failure}; logs what is a fault. */
  public int of(Throwable failure, String operation) {
    if (failure instanceof FsException expected) {
      if (expected.getCause() != null) {
        log.warn("{} failed: {}", operation, expected.getMessage(), expected.getCause());
      }
      return expected.errno().number();
    }
    faults.increment();
    if (failure instanceof OutOfMemoryError) {
      log.error("{} failed: out of memory", operation);
      return Errno.ENOMEM.number();
    }
    log.error("{} failed in a way that is a bug", operation, failure);
    return Errno.EIO.number();
  }

  /** Returns how many failures were faults and not answers. */
  public long faults() {
    return faults.sum();
  }
}
