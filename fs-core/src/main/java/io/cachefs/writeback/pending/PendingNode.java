package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.queue.Kind;
import io.cachefs.writeback.queue.Operation;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that is pending of one file. There may be a million, so every field counts; what few have is
 * in {@link More}. Guarded by the lock of its number, apart from what is final.
 */
final class PendingNode {
  // What differs from the source and is to be sent.
  static final int MODE = 1;
  static final int OWNER = 2;
  static final int ACCESSED = 4;
  static final int MODIFIED = 8;
  static final int CONTENT = 16;
  static final int XATTRS = 32;

  /** Stands for all of what is below. */
  static final long ALL = Long.MAX_VALUE;

  static final long[] NONE = {};
  private static final byte[] NO_TARGET = {};
  private static final int BLOCK = 512;
  private static final int NANOS_BITS = 30;
  private static final long NANOS = (1 << NANOS_BITS) - 1;
  private static final long PAGE = 4096;

  /** The sequence of the record it began with. */
  final long number;

  /** What others use of it: a {@link LocalNode}, or the node of the base. */
  final SourceNode face;

  /** The file at the source; null until it is there. */
  @Nullable SourceNode base;

  /** A name here, for paths and for what waits for what in its directory. */
  @Nullable PendingNode parent;

  @Nullable Name name;

  // What is shown.
  int mode;
  int uid;
  int gid;
  int links;
  long size;
  private long accessedSeconds;
  private long modifiedSeconds;
  private long changedSeconds;
  private int accessedNanos;
  private int modifiedNanos;
  private int changedNanos;

  /** When it was made, if that was here: seconds and nanoseconds; or 0. */
  private long born;

  /** What was changed since the last freeze. */
  byte dirty;

  /** The bytes written since then; null for none. */
  @Nullable Extents extents;

  /** How many bytes of what is below {@link #extents} count. */
  long limit = ALL;

  /** The operation that the changes since then belong to, or 0. */
  long operation;

  /** The count of operations in its directory when that was queued. */
  int tick;

  /** Earlier changes, the oldest first. */
  @Nullable Frozen frozen;

  /** The records of the changes since then without bytes of the file: sequence, spot, and so on. */
  long[] records = NONE;

  /** Operations, adopted children and others that need it. */
  int uses;

  /** Those who have it open, or keep it without a name. */
  int keepers;

  /** Those of them who may write. */
  int writers;

  // Facts.
  boolean dropped;
  boolean begun;
  boolean fresh;
  boolean capabilityChecked;
  boolean refused;

  /** Made without a name, and has none yet. */
  boolean unnamed;

  /** Has, or had, other names than the one it is made under at the source. */
  boolean linked;

  @Nullable More more;

  /** What few nodes have. */
  static final class More {
    @Nullable Names names;
    byte[] target = NO_TARGET;
    int device;
    List<Xattr> xattrs = List.of();

    /** What the source has in its place, to be replaced by it. */
    @Nullable PendingNode replaces;

    /** The directory that it was found in when it began. */
    @Nullable PendingNode adoptedUnder;

    /**
     * The base's attributes when the first of what is pending was changed, or after it was sent.
     */
    @Nullable Attributes known;

    /** Whether the source changed them since, because of what was sent. */
    boolean versionUnknown;

    @Nullable FsException error;

    /** Keeps the file in the base, where it may have no name. */
    @Nullable Pin pin;

    /** Where the record is that said last that something of it is at the source. */
    long @Nullable [] sent;

    /**
     * Records that say under which names it is made, or that it is not: they are needed as long as
     * the one it began with. As {@link PendingNode#records}.
     */
    long[] named = NONE;

    /** The operation that sends the times of a directory, or 0. */
    long last;

    /** How many operations work on names in the directory. */
    int inside;

    int adds;
    int others;

    /** The count of sendings when a name was last found to be at the source, or it was adopted. */
    long settled;

    /** Returns the names of a directory that are not as the source has them. */
    Names names() {
      Names there = names;
      if (there == null) {
        there = new Names();
        names = there;
      }
      return there;
    }

    /** Counts an operation on the names of a directory. */
    void count(Kind kind) {
      if (kind == Kind.ADD) {
        adds++;
      } else {
        others++;
      }
    }
  }

  /** Where the record is that it began with, packed. */
  long birth;

  PendingNode(long number, long birth, SourceNode face) {
    this.number = number;
    this.birth = birth;
    this.face = face;
  }

  boolean isDirectory() {
    return Mode.isDirectory(mode);
  }

  boolean isRegular() {
    return Mode.isRegular(mode);
  }

  More more() {
    More has = more;
    if (has == null) {
      has = new More();
      more = has;
    }
    return has;
  }

  List<Xattr> xattrs() {
    return more == null ? List.of() : more.xattrs;
  }

  @Nullable Names names() {
    return more == null ? null : more.names;
  }

  @Nullable PendingNode replaces() {
    return more == null ? null : more.replaces;
  }

  Timestamp accessed() {
    return new Timestamp(accessedSeconds, accessedNanos);
  }

  Timestamp modified() {
    return new Timestamp(modifiedSeconds, modifiedNanos);
  }

  Timestamp changed() {
    return new Timestamp(changedSeconds, changedNanos);
  }

  void setAccessed(Timestamp time) {
    accessedSeconds = time.seconds();
    accessedNanos = time.nanos();
  }

  void setModified(Timestamp time) {
    modifiedSeconds = time.seconds();
    modifiedNanos = time.nanos();
  }

  void setChanged(Timestamp time) {
    changedSeconds = time.seconds();
    changedNanos = time.nanos();
  }

  void note(Place record) {
    records = with(records, record);
  }

  /** Notes a record that says how it is named. */
  void noteName(Place record) {
    More has = more();
    has.named = with(has.named, record);
  }

  private static long[] with(long[] records, Place record) {
    int length = records.length;
    long[] all = Arrays.copyOf(records, length + 2);
    all[length] = record.sequence();
    all[length + 1] = NodeBook.pack(record);
    return all;
  }

  /** Whether nothing of it has to be kept or sent. */
  boolean isClean() {
    return operation == 0 && frozen == null && dirty == 0;
  }

  /** Whether its content here is not that of the base. */
  boolean hasContent() {
    if ((dirty & CONTENT) != 0) {
      return true;
    }
    for (Frozen each = frozen; each != null; each = each.next) {
      if (each.hasContent()) {
        return true;
      }
    }
    return false;
  }

  int allDirty() {
    int all = dirty;
    for (Frozen each = frozen; each != null; each = each.next) {
      all |= each.dirty;
    }
    return all;
  }

  /** Takes over what the source has after something was sent. */
  void sent(Attributes now) {
    More has = more();
    has.known = now;
    has.versionUnknown = false;
    refresh(now);
  }

  /** Takes over what the base says, as far as it was not changed here. */
  void refresh(Attributes now) {
    More has = more();
    int changedHere = allDirty();
    // What a change was based on stays, so that a change by others is noticed.
    if (has.known == null || (changedHere == 0 && (uses == 0 || isDirectory()))) {
      has.known = now;
      has.versionUnknown = false;
    }
    if ((changedHere & MODE) == 0) {
      mode = now.mode();
    }
    if ((changedHere & OWNER) == 0) {
      uid = now.uid();
      gid = now.gid();
    }
    if ((changedHere & ACCESSED) == 0) {
      setAccessed(now.accessed());
    }
    if ((changedHere & MODIFIED) == 0 && has.last == 0) {
      setModified(now.modified());
    }
    if (changedHere == 0 && has.last == 0) {
      setChanged(now.changed());
    }
    if ((changedHere & CONTENT) == 0) {
      size = now.size();
    }
    if (uses == 0) {
      links = now.linkCount();
    }
  }

  /** Returns what the source had when it was last heard of, to be compared when it is changed. */
  @Nullable Version version() {
    More rest = more;
    Attributes known = rest == null ? null : rest.known;
    return rest == null || known == null || rest.versionUnknown ? null : Version.of(known);
  }

  /** Returns what is shown of it on a device. */
  Attributes attributes(long onDevice) {
    Attributes known = more == null ? null : more.known;
    long inode = face instanceof LocalNode local ? local.inode() : 0;
    if (known != null && inode == 0) {
      inode = known.inode();
    }
    return new Attributes(
        known == null ? onDevice : known.device(),
        inode,
        mode,
        links,
        uid,
        gid,
        device(),
        // A directory that grew when it is sent would look changed to who reads it then.
        known == null && isDirectory() ? PAGE : size,
        blocks(known),
        known == null ? (int) PAGE : known.blockSize(),
        accessed(),
        modified(),
        changed(),
        born(known));
  }

  private @Nullable Timestamp born(@Nullable Attributes known) {
    Timestamp here = born();
    return here != null || known == null ? here : known.born();
  }

  /** Returns when it was made, if that was here, or null. */
  @Nullable Timestamp born() {
    return born == 0 ? null : new Timestamp(born >> NANOS_BITS, (int) (born & NANOS));
  }

  /** It was made here at that time, by a clock of today. */
  void setBorn(Timestamp time) {
    born = time.seconds() << NANOS_BITS | time.nanos();
  }

  /** Returns which device it stands for, or 0. */
  int device() {
    return more == null ? 0 : more.device;
  }

  void setDevice(int number) {
    if (number != 0) {
      more().device = number;
    }
  }

  private long blocks(@Nullable Attributes known) {
    long below = known == null ? 0 : known.blockCount();
    if (!hasContent()) {
      return below;
    }
    Blocks blocks = new Blocks(below * BLOCK);
    for (Frozen each = frozen; each != null; each = each.next) {
      blocks.add(each.limit, each.extents);
    }
    if ((dirty & CONTENT) != 0) {
      blocks.add(limit, extents);
    }
    return blocks.bytes / BLOCK;
  }

  /** For people who look for a fault. */
  @Override
  public String toString() {
    Names names = names();
    return String.format(
        "%d %s mode %o links %d size %d dirty %d op %d frozen %b uses %d keepers %d names %d base %b",
        number,
        name,
        mode,
        links,
        size,
        dirty,
        operation,
        frozen != null,
        uses,
        keepers,
        names == null ? 0 : names.size(),
        base != null);
  }

  /** An estimate of the space the file will take. */
  private static final class Blocks {
    long bytes;

    Blocks(long bytes) {
      this.bytes = bytes;
    }

    void add(long limit, @Nullable Extents extents) {
      bytes = Math.min(bytes, limit == ALL ? bytes : up(limit));
      long whole = bytes;
      if (extents == null) {
        return;
      }
      for (Extents.Piece piece : extents.all()) {
        long first = piece.start() & -PAGE;
        long length = up(piece.end()) - first;
        if (piece.spot() != null) {
          bytes += piece.start() < whole ? Math.max(0, up(piece.end()) - whole) : length;
        } else if (piece.start() < whole) {
          bytes -= Math.min(Math.max(0, piece.length() & -PAGE), bytes);
        }
      }
    }

    private static long up(long position) {
      return (position + PAGE - 1) & -PAGE;
    }
  }

  /** Returns what makes this under a name, in place of what the source has there. */
  Operation makingUnder(@Nullable PendingNode replaces, PendingNode directory, Name underName) {
    List<Long> nodes = replaces == null ? List.of() : List.of(replaces.number);
    Kind kind = replaces == null ? Kind.ADD : Kind.CHANGE;
    List<Operation.Place> places = List.of(new Operation.Place(directory.number, underName));
    return new Operation(Applier.making(this), kind, number, nodes, places);
  }
}
