package io.cachefs.cache.eviction;

import io.cachefs.base.FileKey;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.InodeRecord;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Removes what was not asked for longest from an index that has nearly its share: attributes, the
 * names in a directory, and the content with them. Owned by one thread at a time.
 */
final class IndexTrimmer {
  private static final double HIGH = 0.90;
  private static final double LOW = 0.80;

  /** Of so many files the older half leaves. */
  private static final int SAMPLE = 64;

  private static final FileKey FIRST = new FileKey(0, 0, 0);

  private final Index index;
  private final Evictable evictable;
  private final long shareBytes;
  private final RandomGenerator random;
  private boolean trimming;

  private record Aged(FileKey file, InodeRecord inode) {}

  IndexTrimmer(Index index, Evictable evictable, long shareBytes, RandomGenerator random) {
    this.index = index;
    this.evictable = evictable;
    this.shareBytes = shareBytes;
    this.random = random;
  }

  /** Returns whether the index is to be made smaller, also when that has only begun. */
  boolean isNeeded() {
    Index.Status status = index.status();
    // The room that is free inside is used again, so it does not count.
    double used = status.usedBytes() - status.reusableBytes();
    trimming = used > (trimming ? LOW : HIGH) * shareBytes;
    return trimming;
  }

  /** Removes the older half of some files, and returns how many. */
  int trim() {
    List<Aged> sample = sample();
    sample.sort(Comparator.comparingLong(each -> each.inode.checkedAtMillis()));
    int removed = 0;
    for (Aged each : sample.subList(0, (sample.size() + 1) / 2)) {
      removed += remove(each) ? 1 : 0;
    }
    return removed;
  }

  private List<Aged> sample() {
    List<Aged> sample = new ArrayList<>();
    // Inode numbers are close together on most file systems, so a random number is mostly beyond
    // the last of them. Keys on the path to it spread the starts.
    long bits = random.nextLong() >>> random.nextInt(Long.SIZE);
    gather(new FileKey(0, bits, 0), sample);
    if (sample.size() < SAMPLE) {
      gather(FIRST, sample);
    }
    return sample;
  }

  private void gather(FileKey from, List<Aged> sample) {
    for (FileKey file : index.filesFrom(from, SAMPLE)) {
      InodeRecord inode = index.inode(file);
      boolean known = sample.stream().anyMatch(each -> each.file.equals(file));
      if (inode != null && !known && !isPinned(inode) && !isInUse(inode)) {
        sample.add(new Aged(file, inode));
      }
    }
  }

  private static boolean isPinned(InodeRecord inode) {
    return (inode.flags() & (InodeRecord.PINNED | InodeRecord.PINNED_BELOW)) != 0;
  }

  private boolean isInUse(InodeRecord inode) {
    return inode.contentId() != 0 && evictable.inUse(inode.contentId());
  }

  private boolean remove(Aged aged) {
    long contentId = aged.inode.contentId();
    ContentRecord content = contentId == 0 ? null : index.content(contentId);
    if (content != null) {
      boolean pinned = (content.flags() & ContentRecord.PINNED) != 0;
      if (pinned || !evictable.evict(content)) {
        return false;
      }
    }
    if (aged.inode.attributes().isDirectory()) {
      index.removeNames(aged.file);
    }
    index.removeInode(aged.file);
    return true;
  }
}
