package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What all parts of this package share: what is pending, the source below, the log and the queue.
 */
final class Overlay {
  final Source base;
  final ChangeLog log;
  final Sending queue;
  final LongSupplier ticks;
  final PendingSettings settings;
  final Admission admission;
  final NodeBook book = new NodeBook();
  final Map<Long, Op> ops = new ConcurrentHashMap<>();

  /** How often a file is kept though it may have no name. */
  final Map<FileId, Integer> pins = new ConcurrentHashMap<>();

  /** Records that several need: by how many more than one. */
  private final Map<Long, Integer> shared = new ConcurrentHashMap<>();

  final Locks locks = new Locks();
  final News news = new News(this);
  final Applier applier;
  final FileApplier fileApplier;
  final SentApplier sentApplier;
  final SourceNode root;
  final TemporaryNames temporary;
  final long device;

  /** Changes whenever something is about to reach the source, or has. */
  final Sendings sendings = new Sendings();

  /** Counts moves of directories to other directories; its monitor keeps two of them apart. */
  final AtomicLong moves = new AtomicLong();

  private final InstantSource wall;

  Overlay(
      Source base,
      ChangeLog log,
      Sending queue,
      LongSupplier ticks,
      InstantSource wall,
      PendingSettings settings,
      Admission admission,
      String cacheId)
      throws FsException {
    this.base = base;
    this.log = log;
    this.queue = queue;
    this.ticks = ticks;
    this.wall = wall;
    this.settings = settings;
    this.admission = admission;
    this.temporary = new TemporaryNames(cacheId);
    Found found = base.root();
    this.root = found.node();
    this.device = found.attributes().device();
    this.applier = new Applier(this);
    this.fileApplier = new FileApplier(this, applier);
    this.sentApplier = new SentApplier(this, applier);
  }

  /** A record is needed once more than before. */
  void share(Place spot) {
    shared.merge(spot.sequence(), 1, Integer::sum);
  }

  /** A record is needed once less. */
  void release(Place spot) {
    boolean[] still = {false};
    if (!shared.isEmpty()) {
      shared.computeIfPresent(
          spot.sequence(),
          (sequence, more) -> {
            still[0] = true;
            return more == 1 ? null : more - 1;
          });
    }
    if (!still[0]) {
      log.release(spot);
    }
  }

  Timestamp now() {
    Instant now = wall.instant();
    return new Timestamp(now.getEpochSecond(), now.getNano());
  }

  Attributes attributes(PendingNode node) {
    return node.attributes(device);
  }

  Found found(PendingNode node) {
    return new Found(node.face, attributes(node));
  }

  /** Returns the file at the source, or null if it is not there yet. */
  static @Nullable SourceNode baseOf(SourceNode face) {
    if (face instanceof LocalNode local) {
      PendingNode pending = local.pending;
      return pending == null ? local.base : pending.base;
    }
    return face;
  }

  /** As {@link #baseOf}, for a file of which nothing is pending. */
  static SourceNode requireBase(SourceNode face) throws FsException {
    SourceNode base = baseOf(face);
    if (base == null) {
      throw new FsException(Errno.ESTALE);
    }
    return base;
  }

  /**
   * Returns what others use of what the base found, with what is pending of it; or null if the base
   * is to be asked again, as what was pending of it has been sent since.
   *
   * @param asked what {@link #sendings} was before the base was asked
   */
  @Nullable Found shown(Found found, long asked) {
    PendingNode node = book.of(found.node().id());
    if (node != null) {
      Locks.Held held = locks.hold(node);
      try {
        if (!node.dropped) {
          if (sendings.count() == asked) {
            node.refresh(found.attributes());
          }
          if (node.base != null && node.base != found.node()) {
            node.base.absorb(found.node());
          }
          return found(node);
        }
      } finally {
        held.close();
      }
    }
    if (sendings.isSince(found.node().id(), asked)) {
      return null;
    }
    LocalNode alias = book.aliases.of(found.node().id());
    if (alias == null) {
      return found;
    }
    alias.absorb(found.node());
    return new Found(alias, found.attributes().withInode(alias.inode()));
  }

  /** Returns what is pending of a file; from now on something is. */
  PendingNode adopt(SourceNode face) throws FsException {
    PendingNode known = book.of(face);
    if (known != null && !known.dropped) {
      return known;
    }
    return adoptBase(requireBase(face));
  }

  private PendingNode adoptBase(SourceNode file) throws FsException {
    while (true) {
      long asked = sendings.count(file.id());
      Attributes now = base.attributes(file);
      SourceNode.Where place = file == root ? null : file.where();
      PendingNode parent = null;
      if (place != null) {
        PendingNode above = book.of(place.directory().id());
        parent = above != null && !above.dropped ? above : adoptBase(place.directory());
      }
      synchronized (book) {
        PendingNode known = book.of(file.id());
        if (known != null && !known.dropped) {
          return known;
        }
        if (sendings.count(file.id()) == asked && (parent == null || !parent.dropped)) {
          Change.Adopt change =
              new Change.Adopt(
                  file.id(),
                  parent == null ? 0 : parent.number,
                  place == null ? new byte[0] : place.name().bytes(),
                  file.handle(),
                  now);
          Place spot = log.append(change.kind(), change.head());
          return applier.adopt(change, spot, file);
        }
      }
    }
  }

  /**
   * Keeps what follows apart from earlier changes of a file, if something else is sent between
   * them: a name in its directory came or went since, or somebody waited until all was on disk.
   */
  void between(PendingNode node) throws FsException {
    PendingNode directory = node.parent;
    PendingNode.More more = directory == null ? null : directory.more;
    if (node.operation == 0 || more == null) {
      return;
    }
    boolean making = node.operation == Applier.making(node);
    int now = making ? more.others : more.adds + more.others;
    if (now != node.tick) {
      Change.Freeze change = new Change.Freeze(node.number);
      fileApplier.freeze(node, log.append(change.kind(), change.head()));
    }
  }

  /** Forgets nodes of which nothing is pending any more, and those they held. */
  void tidy(@Nullable PendingNode... nodes) {
    Deque<PendingNode> toSee = new ArrayDeque<>();
    for (PendingNode node : nodes) {
      if (node != null) {
        toSee.add(node);
      }
    }
    for (PendingNode node = toSee.poll(); node != null; node = toSee.poll()) {
      boolean gone;
      Locks.Held held = locks.hold(node);
      try {
        synchronized (book) {
          gone = !node.dropped && isIdle(node);
          if (gone) {
            Forgetting.drop(this, node, toSee);
          }
        }
      } finally {
        held.close();
      }
      if (gone) {
        LastPins.end(node);
      }
      if (gone && node.face instanceof LocalNode) {
        news.attributesChanged(node.face);
      }
    }
  }

  /** Whether somebody has a file open, or keeps it without a name. */
  boolean isKept(PendingNode node) {
    return node.keepers > 0 || (!pins.isEmpty() && pins.containsKey(node.face.id()));
  }

  /** Whether nothing is pending of it, so that it can be forgotten. */
  boolean isIdle(PendingNode node) {
    Names names = node.names();
    if (node.uses > 0 || (names != null && names.size() > 0)) {
      return false;
    }
    if (node.links == 0) {
      return !isKept(node) && node.operation == 0;
    }
    return node.isClean() && node.base != null;
  }

  /** Returns the name of bytes that were checked before. */
  static Name name(byte[] bytes) {
    try {
      return Name.of(bytes);
    } catch (FsException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Returns a path for people. */
  String path(@Nullable PendingNode directory, @Nullable Name name) {
    StringBuilder path = new StringBuilder(name == null ? "" : name.toString());
    int depth = 0;
    for (PendingNode at = directory; at != null && depth++ < 1000; at = at.parent) {
      if (at.name != null) {
        path.insert(0, at.name + (path.length() == 0 ? "" : "/"));
      }
    }
    return path.length() == 0 ? "." : path.toString();
  }
}
