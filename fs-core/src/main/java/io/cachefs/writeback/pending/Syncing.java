package io.cachefs.writeback.pending;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.SourceNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits until changes are where they survive, and tells what went wrong with them. */
final class Syncing {
  private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long something may wait that can be done without. */
  private static final long MOST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Overlay overlay;

  Syncing(Overlay overlay) {
    this.overlay = overlay;
  }

  /** Fails once for each time that the file could not be sent. */
  void report(SourceNode face) throws FsException {
    FsException error = takeError(overlay.book.of(face));
    if (error != null) {
      throw new FsException(error.errno(), "an earlier change could not be sent", error);
    }
  }

  private @Nullable FsException takeError(@Nullable PendingNode node) {
    if (node == null || node.more == null) {
      return null;
    }
    Locks.Held held = overlay.locks.hold(node);
    try {
      PendingNode.More more = node.more();
      FsException error = more.error;
      more.error = null;
      return error;
    } finally {
      held.close();
    }
  }

  void sync(SourceNode face) throws FsException {
    overlay.log.commit(overlay.log.lastSequence());
    PendingNode node = overlay.book.of(face);
    if (node != null) {
      PendingNode directory = node.parent;
      if (directory != null && !node.isClean()) {
        // What is changed after this must not reach the source before what was changed until now.
        Locks.Held held = overlay.locks.hold(directory);
        try {
          directory.more().others++;
        } finally {
          held.close();
        }
      }
      if (overlay.settings.syncsAtSource()) {
        awaitSent(node);
      }
    }
    report(face);
  }

  /**
   * Waits for a while until a file is at the source with all its changes: some things are done
   * there only.
   */
  void requireAtSource(SourceNode face) throws FsException {
    PendingNode node = overlay.book.of(face);
    List<Long> operations = node == null ? List.of() : operations(node);
    operations.forEach(overlay.queue::hurry);
    try {
      for (long operation : operations) {
        if (!overlay.queue.awaitGone(operation, MOST_WAIT_NANOS)) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR);
    }
    if (Overlay.baseOf(face) == null) {
      throw new FsException(Errno.ENOTTY, "the file is not at the source yet");
    }
  }

  private void awaitSent(PendingNode node) throws FsException {
    for (long operation : operations(node)) {
      await(node, operation);
    }
  }

  private List<Long> operations(PendingNode node) {
    List<Long> operations = new ArrayList<>();
    Locks.Held held = overlay.locks.hold(node);
    try {
      for (Frozen each = node.frozen; each != null; each = each.next) {
        operations.add(each.operation);
      }
      if (node.operation != 0) {
        operations.add(node.operation);
      }
      if (node.more != null && node.more.last != 0) {
        operations.add(node.more.last);
      }
    } finally {
      held.close();
    }
    return operations;
  }

  private void await(PendingNode node, long operation) throws FsException {
    overlay.queue.hurry(operation);
    try {
      while (!overlay.queue.awaitGone(operation, ASK_NANOS)) {
        report(node.face);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FsException(Errno.EINTR);
    }
  }

  void syncAll() throws FsException {
    overlay.log.commit(overlay.log.lastSequence());
    if (overlay.settings.syncsAtSource()) {
      for (PendingNode node : overlay.book.all()) {
        awaitSent(node);
      }
      overlay.base.syncAll();
    }
  }
}
