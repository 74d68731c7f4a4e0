package io.cachefs.writeback.pending;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which nodes have something pending. Thread-safe. Its monitor is taken inside the locks of nodes;
 * it protects how many use each node, and the coming and going of nodes.
 */
final class NodeBook {
  private static final int LEAST = 64;

  private final Map<FileId, PendingNode> byFile = new ConcurrentHashMap<>();
  final Aliases aliases = new Aliases();

  /** Open addressing by number. */
  @GuardedBy("this")
  private @Nullable PendingNode[] byNumber = new @Nullable PendingNode[LEAST];

  private volatile int size;

  /** Packs where a record is into a number. */
  static long pack(Place spot) {
    return (long) spot.segment() << 32 | spot.offset();
  }

  /** Makes what releasing a record takes. */
  static Place unpack(long sequence, long packed) {
    return new Place(sequence, (int) (packed >>> 32), (int) packed, 0, 0);
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** Returns how many of them are files of the source. */
  int atSource() {
    return byFile.size();
  }

  /** Returns what is pending of what somebody uses as a file, or null. */
  @Nullable PendingNode of(SourceNode face) {
    if (face instanceof LocalNode local) {
      PendingNode pending = local.pending;
      SourceNode base = local.base;
      return pending != null || base == null ? pending : byFile.get(base.id());
    }
    return size == 0 ? null : byFile.get(face.id());
  }

  @Nullable PendingNode of(FileId file) {
    return byFile.get(file);
  }

  synchronized @Nullable PendingNode node(long number) {
    return byNumber[slotOf(number)];
  }

  synchronized void add(PendingNode node) {
    byNumber[slotOf(node.number)] = node;
    if (++size > byNumber.length / 3 * 2) {
      resize(byNumber.length * 2);
    }
    if (node.face instanceof LocalNode local) {
      local.pending = node;
    }
    addFile(node);
  }

  /** Notes that a node has a file at the source. */
  void addFile(PendingNode node) {
    SourceNode base = node.base;
    if (base != null) {
      byFile.put(base.id(), node);
    }
  }

  synchronized void use(PendingNode node) {
    node.uses++;
  }

  synchronized void unuse(PendingNode node) {
    node.uses--;
  }

  /** Takes a node out; called with its lock, after it was found to be of no use. */
  synchronized void remove(PendingNode node) {
    node.dropped = true;
    SourceNode base = node.base;
    if (node.face instanceof LocalNode local) {
      local.base = base;
      if (local.pending == node) {
        local.pending = null;
      }
    }
    if (base != null) {
      byFile.remove(base.id(), node);
    }
    removeNumber(node.number);
  }

  @GuardedBy("this")
  private void removeNumber(long number) {
    int free = slotOf(number);
    if (byNumber[free] == null) {
      return;
    }
    int left = size - 1;
    size = left;
    int mask = byNumber.length - 1;
    for (int i = (free + 1) & mask; byNumber[i] != null; i = (i + 1) & mask) {
      int home = home(byNumber[i].number, mask);
      if (((i - home) & mask) >= ((i - free) & mask)) {
        byNumber[free] = byNumber[i];
        free = i;
      }
    }
    byNumber[free] = null;
    if (byNumber.length > LEAST && size < byNumber.length / 8) {
      resize(byNumber.length / 2);
    }
  }

  synchronized List<PendingNode> all() {
    List<PendingNode> all = new ArrayList<>(size);
    for (PendingNode node : byNumber) {
      if (node != null) {
        all.add(node);
      }
    }
    return all;
  }

  @GuardedBy("this")
  private int slotOf(long number) {
    int mask = byNumber.length - 1;
    int slot = home(number, mask);
    for (PendingNode in = byNumber[slot]; in != null && in.number != number; in = byNumber[slot]) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int home(long number, int mask) {
    long mixed = number * 0x9E3779B97F4A7C15L;
    return (int) (mixed ^ mixed >>> 32) & mask;
  }

  @GuardedBy("this")
  private void resize(int capacity) {
    @Nullable PendingNode[] old = byNumber;
    byNumber = new @Nullable PendingNode[capacity];
    for (PendingNode node : old) {
      if (node != null) {
        byNumber[slotOf(node.number)] = node;
      }
    }
  }
}
