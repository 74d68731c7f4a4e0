package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Mode;
import io.cachefs.base.Version;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.Terms;
import io.cachefs.source.Found;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.InodeRecord;
import org.jspecify.annotations.Nullable;

/**
 * Turns what is in memory of a file into its record in the index and back. Thread-safe.
 *
 * <p>What an answer says again is not written again each time: a record that says when it was
 * checked is as good until a part of the lifetime has passed.
 */
final class Records {
  /** Lifetimes shorter than this are over after any restart, so they are not kept up to date. */
  private static final long SHORTEST_KEPT_MILLIS = 5_000;

  /** What part of the lifetime a record may be late. */
  private static final int LATENESS = 4;

  private final Index index;
  private final Clock clock;

  Records(Index index, Clock clock) {
    this.index = index;
    this.clock = clock;
  }

  /** Fills a new object with what the index knows of the file. */
  void load(CachedNode node) {
    InodeRecord record = index.inode(node.key());
    if (record == null || (record.attributes().mode() & Mode.TYPE_MASK) != node.type()) {
      return;
    }
    Found found = new Found(node, record.attributes());
    Version version = Version.of(record.attributes());
    long checked = record.checkedAtMillis();
    node.known =
        new Known(found, version, isSettled(record, version), checked, Clock.OVER, null, false);
    node.contentId = record.contentId();
    node.flags = record.flags();
    node.target = record.target();
    node.restoreHandle(record.handle());
    node.persistedAtMillis = record.checkedAtMillis();
    DirectoryState directory = node.directory();
    if (directory != null) {
      directory.listed = record.listed();
    }
  }

  private boolean isSettled(InodeRecord record, Version version) {
    boolean settled = Known.isSettled(version, record.checkedAtMillis());
    if (settled || record.contentId() == 0) {
      return settled;
    }
    // The record was put back to be asked for again; what counts is when the content was fetched.
    ContentRecord content = index.content(record.contentId());
    if (content == null) {
      return false;
    }
    return (content.flags() & ContentRecord.WRITTEN) != 0
        || (record.checkedAtMillis() == 0 && Known.isSettled(version, content.fetchedAtMillis()));
  }

  /**
   * Gives what the index said the lifetime it has left, once it is known what counts for the path.
   */
  void revive(CachedNode node, Terms terms) {
    synchronized (node.order) {
      Known known = node.known;
      if (known != null && known.until() == Clock.OVER && known.checkedAtMillis() != 0) {
        long until = until(terms.attributes(), known.checkedAtMillis());
        node.known =
            new Known(
                known.found(),
                known.version(),
                known.settled(),
                known.checkedAtMillis(),
                until,
                null,
                false);
      }
    }
  }

  /** Returns the end of the lifetime of an answer that the source gave then. */
  long until(long lifetime, long checkedAtMillis) {
    return checkedAtMillis == 0
        ? Clock.OVER
        : clock.after(lifetime, clock.millis() - checkedAtMillis);
  }

  /** Returns whether a record handed over then is too old to be left as it is. */
  boolean isLate(long persistedAtMillis, long now, long lifetime) {
    if (persistedAtMillis == 0) {
      return true;
    }
    long keptMillis = lifetime == Clock.NEVER ? Long.MAX_VALUE : lifetime / 1_000_000;
    long age = now - persistedAtMillis;
    return keptMillis >= SHORTEST_KEPT_MILLIS && (age > keptMillis / LATENESS || age < 0);
  }

  /** Hands what is known of a file over to the index. */
  @GuardedBy("node.order")
  void save(CachedNode node) {
    Known known = node.known;
    if (known == null) {
      return;
    }
    DirectoryState directory = node.directory();
    index.putInode(node.key(), record(node, known, directory == null ? null : directory.listed));
    node.persistedAtMillis = known.checkedAtMillis();
  }

  static InodeRecord record(CachedNode node, Known known, @Nullable Version listed) {
    return new InodeRecord(
        known.attributes(),
        known.checkedAtMillis(),
        node.contentId,
        node.flags,
        listed,
        node.handle(),
        node.target);
  }

  /**
   * Makes sure that the record of a file, if there is one, does not outlive what was just found to
   * be over.
   */
  @GuardedBy("node.order")
  void saveExpired(CachedNode node) {
    if (node.persistedAtMillis != 0) {
      save(node);
    }
  }
}
