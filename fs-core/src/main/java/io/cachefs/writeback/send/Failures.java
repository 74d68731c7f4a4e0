package io.cachefs.writeback.send;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.queue.Operation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What failed, and how long each waits for another attempt. Thread-safe. */
final class Failures {
  private static final Set<Errno> PERMANENT =
      EnumSet.of(
          Errno.EACCES,
          Errno.EPERM,
          Errno.EROFS,
          Errno.ENAMETOOLONG,
          Errno.EINVAL,
          Errno.ELOOP,
          Errno.EFBIG,
          Errno.EMLINK,
          Errno.EXDEV,
          Errno.ENOSYS,
          Errno.EOPNOTSUPP,
          Errno.ENOTDIR,
          Errno.EISDIR);

  /** A permanent failure is tried again so many times more seldom. */
  private static final int SELDOM = 10;

  private final SendSettings settings;
  private final InstantSource time;
  private final Map<Long, Failure> failures = new ConcurrentHashMap<>();

  Failures(SendSettings settings, InstantSource time) {
    this.settings = settings;
    this.time = time;
  }

  static boolean isPermanent(FsException why) {
    return PERMANENT.contains(why.errno());
  }

  /** Notes a failure and returns how long to wait before the next attempt. */
  Duration add(Operation operation, @Nullable Shipment shipment, FsException why) {
    Failure failure =
        failures.merge(
            operation.sequence(),
            new Failure(
                operation.sequence(),
                shipment == null ? "" : shipment.path(),
                shipment == null ? "prepare" : what(shipment),
                shipment == null ? -1 : size(shipment),
                why.errno(),
                String.valueOf(why.getMessage()),
                time.instant(),
                1,
                isPermanent(why)),
            Failures::again);
    return pause(failure);
  }

  private static Failure again(Failure first, Failure now) {
    return new Failure(
        now.sequence(),
        now.path().isEmpty() ? first.path() : now.path(),
        now.what(),
        now.size(),
        now.errno(),
        now.message(),
        first.since(),
        first.attempts() + 1,
        now.permanent());
  }

  private Duration pause(Failure failure) {
    if (failure.permanent()) {
      return settings.lastPause().multipliedBy(SELDOM);
    }
    int doublings = Math.min(failure.attempts() - 1, 30);
    Duration pause = settings.firstPause().multipliedBy(1L << doublings);
    return pause.compareTo(settings.lastPause()) > 0 ? settings.lastPause() : pause;
  }

  static String what(Shipment shipment) {
    if (shipment instanceof Shipment.Make) {
      return "make";
    } else if (shipment instanceof Shipment.Change) {
      return "change";
    } else if (shipment instanceof Shipment.Remove) {
      return "remove";
    }
    return shipment instanceof Shipment.Link ? "link" : "rename";
  }

  static long size(Shipment shipment) {
    Dirty content = null;
    if (shipment instanceof Shipment.Make make) {
      content = make.content();
    } else if (shipment instanceof Shipment.Change change) {
      content = change.content();
    }
    return content == null ? -1 : content.size();
  }

  void remove(Operation operation) {
    failures.remove(operation.sequence());
  }

  @Nullable Failure get(long sequence) {
    return failures.get(sequence);
  }

  int count() {
    return failures.size();
  }

  /** Returns them all, the oldest first. */
  List<Failure> list() {
    return failures.values().stream()
        .sorted(Comparator.comparing(Failure::since).thenComparing(Failure::sequence))
        .toList();
  }
}
