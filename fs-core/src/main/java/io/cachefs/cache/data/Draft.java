package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FileKey;
import io.cachefs.base.Version;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.store.Blob;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The content of a file while it is written through the cache, from the moment it was empty. When
 * the version it has become is known, it is handed to the index at once; until then nobody can find
 * it, and after a crash its blob belongs to nobody. Thread-safe.
 *
 * <p>Kept are blocks all of whose bytes are known. Whatever makes that doubtful ends the draft, so
 * that nothing of it is kept: no room, a failure, two writes of the same bytes at the same time.
 */
public final class Draft {
  private static final byte[] NOTHING = {};

  /** Blocks that are filled piece by piece at the same time; a further one is not kept. */
  private static final int MOST_OPEN_BLOCKS = 256;

  /** A version with such a time stamp is of a clock whose steps are not seen by people. */
  private static final int FINE_NANOS = 1_000_000;

  // Given at construction, never changes.
  private final Parts parts;
  private final FileKey file;
  private final long limit;

  // State.

  /** Nothing can be kept any more, or it has been. */
  private volatile boolean over;

  private volatile boolean exact;

  @GuardedBy("this")
  private boolean ended;

  @GuardedBy("this")
  private final List<Span> writing = new ArrayList<>(2);

  @GuardedBy("this")
  private long size;

  @GuardedBy("this")
  private boolean counted;

  /** What a small file has, as long as that may end in the index. */
  @GuardedBy("this")
  private byte[] small = NOTHING;

  @GuardedBy("this")
  private int smallEnd;

  @GuardedBy("this")
  private long id;

  @GuardedBy("this")
  private @Nullable Blob blob;

  @GuardedBy("this")
  private long charged;

  @GuardedBy("this")
  private final Map<Integer, Group> groups = new TreeMap<>();

  /** Blocks known from their start up to somewhere. */
  @GuardedBy("this")
  private final Map<Long, OpenBlock> open = new HashMap<>();

  private record Span(long from, long to) {}

  /** Which blocks of a group are known as a whole, and for which space was reserved. */
  private static final class Group {
    final BlockGroup known = new BlockGroup();
    final boolean[] charged = new boolean[BlockGroup.BLOCKS];
  }

  private static final class OpenBlock {
    final CRC32C crc = new CRC32C();
    int filled;
  }

  Draft(Parts parts, FileKey file, long limit) {
    this.parts = parts;
    this.file = file;
    this.limit = limit;
  }

  /** Returns whether nothing will be kept, so that there is no use in going on. */
  public boolean isOver() {
    return over;
  }

  /** Returns how long the file is. */
  public synchronized long size() {
    return size;
  }

  /** Returns whether what was kept is told from all later versions by its time stamps. */
  public boolean isExact() {
    return exact;
  }

  // --- Changes ---

  /** Says that a write begins, which {@link #wrote} or {@link #abandon} ends. */
  public synchronized void begin(long offset, long length) {
    Span span = new Span(offset, offset + length);
    for (Span other : writing) {
      if (span.from < other.to && other.from < span.to) {
        // Nobody knows which of the two the source will have last.
        abandon();
      }
    }
    if (!over) {
      writing.add(span);
    }
  }

  /** Says that the source has what remains in the direct {@code data}, all that was begun. */
  public synchronized void wrote(long offset, ByteBuffer data) {
    long end = offset + data.remaining();
    boolean begun = writing.remove(new Span(offset, end));
    if (over) {
      return;
    }
    if (!begun || end > limit || !count()) {
      abandon();
      return;
    }
    size = Math.max(size, end);
    boolean fits = id == 0 && offset <= smallEnd && end <= parts.settings.inlineMax();
    if (fits) {
      keepSmall((int) offset, (int) end, data);
    } else if (!spill() || !store(offset, data)) {
      abandon();
    }
  }

  /** Says that the file has another length. */
  public synchronized void resize(long to) {
    if (over) {
      return;
    }
    if (to > limit || !writing.isEmpty()) {
      abandon();
    } else if (to < size) {
      cut(to);
    }
    size = to;
  }

  /** Says that the file has at least this length; what is new reads as zeros. */
  public synchronized void grow(long to) {
    if (to > size) {
      resize(to);
    }
  }

  @GuardedBy("this")
  private boolean count() {
    if (!counted) {
      counted = parts.space.tryReserve(0, 1);
    }
    return counted;
  }

  @GuardedBy("this")
  private void keepSmall(int from, int to, ByteBuffer data) {
    if (small.length < to) {
      small = Arrays.copyOf(small, Math.min(parts.settings.inlineMax(), Math.max(to, 2 * from)));
    }
    data.get(data.position(), small, from, to - from);
    smallEnd = Math.max(smallEnd, to);
  }

  /** Makes sure there is a blob, and moves to it what was a small file. */
  @GuardedBy("this")
  private boolean spill() {
    if (id != 0) {
      return true;
    }
    if (!parts.mayWrite()) {
      return false;
    }
    try {
      id = parts.index.newContentId();
      parts.drafts.add(id);
      blob = parts.blobs.create(id, 0);
    } catch (StoreException e) {
      parts.diskFailed(e);
      return false;
    }
    ByteBuffer before = ByteBuffer.allocateDirect(smallEnd).put(small, 0, smallEnd).flip();
    small = NOTHING;
    return !before.hasRemaining() || store(0, before);
  }

  @GuardedBy("this")
  private boolean store(long offset, ByteBuffer data) {
    if (!data.hasRemaining()) {
      return true;
    }
    long end = offset + data.remaining();
    long first = Blocks.indexOf(offset);
    long last = Blocks.indexOf(end - 1);
    Blob target = blob;
    if (target == null || !parts.mayWrite() || !charge(first, last)) {
      return false;
    }
    try {
      target.write(offset, data.duplicate());
      parts.diskWorks();
    } catch (StoreException e) {
      parts.diskFailed(e);
      return false;
    }
    ByteBuffer bytes = data.duplicate();
    for (long block = first; block <= last; block++) {
      long start = Blocks.offsetOf(block);
      int from = (int) (Math.max(offset, start) - start);
      int to = (int) (Math.min(end, start + BlockGroup.BLOCK_SIZE) - start);
      take(block, from, to, bytes.limit(bytes.position() + to - from));
    }
    return true;
  }

  @GuardedBy("this")
  private boolean charge(long first, long last) {
    long bytes = 0;
    for (long block = first; block <= last; block++) {
      bytes += group(block).charged[Blocks.inGroup(block)] ? 0 : BlockGroup.BLOCK_SIZE;
    }
    if (bytes > 0 && !parts.space.tryReserve(bytes, 0)) {
      return false;
    }
    charged += bytes;
    for (long block = first; block <= last; block++) {
      group(block).charged[Blocks.inGroup(block)] = true;
    }
    return true;
  }

  @GuardedBy("this")
  private Group group(long block) {
    return groups.computeIfAbsent(Blocks.groupOf(block), number -> new Group());
  }

  /** Notes that a block has got {@code bytes}, all that remains of them, at a place in it. */
  @GuardedBy("this")
  private void take(long block, int from, int to, ByteBuffer bytes) {
    BlockGroup known = group(block).known;
    int inGroup = Blocks.inGroup(block);
    known.remove(inGroup);
    OpenBlock filling = open.remove(block);
    if (from == 0) {
      filling = new OpenBlock();
    }
    if (filling == null || filling.filled != from) {
      bytes.position(bytes.limit());
      return;
    }
    filling.crc.update(bytes);
    filling.filled = to;
    if (to == BlockGroup.BLOCK_SIZE) {
      known.put(inGroup, (int) filling.crc.getValue());
    } else if (open.size() < MOST_OPEN_BLOCKS) {
      open.put(block, filling);
    }
  }

  /** Forgets what is beyond a new end, and the block in which that lies. */
  @GuardedBy("this")
  private void cut(long to) {
    smallEnd = (int) Math.min(smallEnd, to);
    long first = Blocks.indexOf(to);
    open.keySet().removeIf(block -> block >= first);
    for (Map.Entry<Integer, Group> entry : groups.entrySet()) {
      long start = (long) entry.getKey() * BlockGroup.BLOCKS;
      for (long block = Math.max(start, first); block < start + BlockGroup.BLOCKS; block++) {
        entry.getValue().known.remove(Blocks.inGroup(block));
      }
    }
  }

  // --- The end ---

  /** Says that no change will follow. */
  public synchronized void end() {
    if (over || ended) {
      return;
    }
    ended = true;
    if (size == 0 || !writing.isEmpty()) {
      abandon();
      return;
    }
    closeLastBlock();
    if (id != 0 && !fit()) {
      abandon();
    }
  }

  /**
   * Keeps what was written as the content of {@code version}, if it can be that, and gives what it
   * is found by; 0 if nothing is kept. Follows {@link #end} and waits for nothing; {@link #abandon}
   * has to follow.
   */
  public synchronized long keep(Version version, boolean pinned) {
    if (over || !ended || version.size() != size) {
      return 0;
    }
    boolean complete = id == 0 ? smallEnd == size : count(groups) == Blocks.count(size);
    if (!complete && (id == 0 || count(groups) == 0)) {
      return 0;
    }
    exact = complete && version.changed().nanos() % FINE_NANOS != 0;
    int flags =
        (complete ? ContentRecord.COMPLETE : 0)
            | (exact ? ContentRecord.WRITTEN : 0)
            | (id == 0 ? ContentRecord.INLINE : 0);
    long now = parts.time.millis();
    if (id == 0) {
      id = parts.index.newContentId();
      flags |= pinned ? ContentRecord.PINNED : 0;
      parts.index.putContent(new ContentRecord(id, file, version, 0, flags, now, now, 0));
      parts.index.putInline(id, Arrays.copyOf(small, smallEnd));
    } else {
      flags |= pinned && parts.space.tryPin(charged) ? ContentRecord.PINNED : 0;
      parts.index.putContent(new ContentRecord(id, file, version, charged, flags, now, now, 0));
      groups.forEach(
          (number, group) -> {
            if (group.known.count() > 0) {
              parts.index.putBlocks(id, number, group.known);
            }
          });
    }
    over = true;
    counted = false;
    charged = 0;
    return id;
  }

  @GuardedBy("this")
  private void closeLastBlock() {
    long last = Blocks.count(size) - 1;
    OpenBlock filling = open.get(last);
    if (filling != null && filling.filled == Blocks.length(last, size)) {
      group(last).known.put(Blocks.inGroup(last), (int) filling.crc.getValue());
    }
  }

  private static long count(Map<Integer, Group> groups) {
    return groups.values().stream().mapToLong(group -> group.known.count()).sum();
  }

  /** Gives the blob the length of the file, and gives back what was reserved beyond it. */
  @GuardedBy("this")
  private boolean fit() {
    Blob target = blob;
    if (target == null) {
      return false;
    }
    try {
      target.truncate(size);
    } catch (StoreException e) {
      parts.diskFailed(e);
      return false;
    }
    long taken = 0;
    for (Map.Entry<Integer, Group> entry : groups.entrySet()) {
      long start = (long) entry.getKey() * BlockGroup.BLOCKS;
      for (int block = 0; block < BlockGroup.BLOCKS; block++) {
        if (entry.getValue().charged[block] && Blocks.offsetOf(start + block) < size) {
          taken += Blocks.charge(Blocks.length(start + block, size));
        }
      }
    }
    parts.space.release(charged - taken, 0);
    charged = taken;
    return true;
  }

  /** Ends the draft: what was not kept is removed. May be called again. */
  public synchronized void abandon() {
    Blob made = blob;
    blob = null;
    if (made != null) {
      made.close();
    }
    boolean isKept = over && !counted;
    over = true;
    writing.clear();
    small = NOTHING;
    groups.clear();
    open.clear();
    if (!isKept && id != 0) {
      parts.blobs.remove(id);
    }
    parts.drafts.remove(id);
    if (!isKept) {
      parts.space.release(charged, counted ? 1 : 0);
      charged = 0;
      counted = false;
      id = 0;
    }
  }
}
