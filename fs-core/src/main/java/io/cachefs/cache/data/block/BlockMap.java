package io.cachefs.cache.data.block;

import io.cachefs.base.ByteRange;
import io.cachefs.store.Index;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/** The groups of one content, taken from the index when they are first needed. Thread-safe. */
public final class BlockMap {
  /** Larger files are not cached: what has to be remembered of them would be too much. */
  public static final long MAX_SIZE = 1L << 50;

  private static final int PAGE = 1024;

  private final @Nullable Index index;
  private final long id;
  private final int groups;
  private final AtomicReferenceArray<@Nullable AtomicReferenceArray<@Nullable GroupState>> pages;

  private BlockMap(@Nullable Index index, long id, long size) {
    this.index = index;
    this.id = id;
    this.groups = Blocks.groups(size);
    this.pages = new AtomicReferenceArray<>((groups + PAGE - 1) / PAGE);
  }

  /** Returns a map of a content of which nothing is kept. */
  public static BlockMap empty(long id, long size) {
    return new BlockMap(null, id, size);
  }

  /** Returns the map of a content that the index may know something of. */
  public static BlockMap stored(Index index, long id, long size) {
    return new BlockMap(index, id, size);
  }

  public int groups() {
    return groups;
  }

  /** Returns one group. */
  public GroupState group(int group) {
    AtomicReferenceArray<@Nullable GroupState> page = pages.get(group / PAGE);
    GroupState state = page == null ? null : page.get(group % PAGE);
    return state == null ? load(group) : state;
  }

  public GroupState groupOf(long block) {
    return group(Blocks.groupOf(block));
  }

  public boolean isPresent(long block) {
    return groupOf(block).isPresent(Blocks.inGroup(block));
  }

  /** Returns the parts of a file of {@code size} that are there. */
  public List<ByteRange> ranges(long size) {
    List<ByteRange> ranges = new ArrayList<>();
    long count = Blocks.count(size);
    long start = -1;
    for (long block = 0; block <= count; block++) {
      boolean present = block < count && isPresent(block);
      if (present && start < 0) {
        start = block;
      } else if (!present && start >= 0) {
        long offset = Blocks.offsetOf(start);
        ranges.add(new ByteRange(offset, Math.min(size, Blocks.offsetOf(block)) - offset));
        start = -1;
      }
    }
    return ranges;
  }

  /** Two threads may load the same group at once; one result counts. */
  private GroupState load(int group) {
    AtomicReferenceArray<@Nullable GroupState> page = pages.get(group / PAGE);
    if (page == null) {
      int length = Math.min(PAGE, groups - group / PAGE * PAGE);
      pages.compareAndSet(group / PAGE, null, new AtomicReferenceArray<>(length));
      page = pages.get(group / PAGE);
      if (page == null) {
        throw new IllegalStateException("a page of groups vanished");
      }
    }
    GroupState loaded = index == null ? new GroupState() : new GroupState(index.blocks(id, group));
    GroupState before = page.compareAndExchange(group % PAGE, null, loaded);
    return before == null ? loaded : before;
  }
}
