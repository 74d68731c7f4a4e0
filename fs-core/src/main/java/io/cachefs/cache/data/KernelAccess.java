package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Passthrough;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.store.Blob;
import io.cachefs.store.StoreException;
import org.jspecify.annotations.Nullable;

/** Decides whether the kernel may read a blob by itself. Thread-safe. */
final class KernelAccess {
  /**
   * A larger file is checked in the background: at more than 1 GB/s this takes a quarter second.
   */
  private static final long CHECKED_AT_OPEN = 256L << 20;

  /** Blocks checked in the background before other work gets its turn. */
  private static final long STEP = 1024;

  // Given at construction, never changes.
  private final DataCache cache;
  private final Parts parts;
  private final StoredContent content;
  private final BlockFile blocks;
  private final Kept kept;
  private final long last;

  // State.
  @GuardedBy("this")
  private boolean checked;

  @GuardedBy("this")
  private boolean checking;

  KernelAccess(DataCache cache, Parts parts, StoredContent content, BlockFile blocks, Kept kept) {
    this.cache = cache;
    this.parts = parts;
    this.content = content;
    this.blocks = blocks;
    this.kept = kept;
    this.last = Blocks.count(content.version().size()) - 1;
  }

  @Nullable Passthrough passthrough() {
    if (!isAllowed() || !(isChecked() || check())) {
      return null;
    }
    try {
      Blob blob = blocks.blobToRead();
      // Asked again: a block may have been found damaged, or the version gone.
      return blob == null || !isAllowed()
          ? null
          : Passthrough.ofCopy(blob.descriptor(), content.id());
    } catch (StoreException e) {
      parts.diskFailed(e);
      return null;
    }
  }

  private boolean isAllowed() {
    return kept.isComplete()
        && !content.isDead()
        && !content.isUnsettled()
        && parts.settings.verify() != Verification.FULL;
  }

  private synchronized boolean isChecked() {
    return checked;
  }

  private synchronized void setChecked() {
    checked = true;
  }

  private boolean check() {
    if (Blocks.offsetOf(last) > CHECKED_AT_OPEN) {
      checkLater();
      return false;
    }
    return check(0, last);
  }

  private boolean check(long first, long to) {
    try {
      boolean right = blocks.verify(first, to);
      if (right && to == last) {
        setChecked();
      }
      return right;
    } catch (StoreException e) {
      parts.diskFailed(e);
      return false;
    }
  }

  private void checkLater() {
    synchronized (this) {
      if (checking || !cache.addUse(content)) {
        return;
      }
      checking = true;
    }
    submit(0);
  }

  private void submit(long first) {
    if (!parts.pool.submitLarge(() -> checkFrom(first))) {
      end();
    }
  }

  private void checkFrom(long first) {
    long to = Math.min(last, first + STEP - 1);
    if (isAllowed() && check(first, to) && to < last) {
      submit(to + 1);
    } else {
      end();
    }
  }

  private void end() {
    synchronized (this) {
      checking = false;
    }
    content.close();
  }
}
