package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FileKey;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.cache.data.Draft;
import io.cachefs.cache.metadata.Order;
import io.cachefs.cache.metadata.Questions;
import io.cachefs.cache.metadata.Terms;
import io.cachefs.source.FileId;
import io.cachefs.source.Source;
import io.cachefs.source.SourceNode;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.XattrRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * All that is in memory of one file. There is one object for a file, whatever its names are, for as
 * long as anybody uses it. Thread-safe; what belongs together is replaced under {@link #order}.
 */
final class CachedNode implements SourceNode {
  private static final byte[] NONE = {};

  /** A name it was found under. */
  record Place(CachedNode directory, Name name) {}

  /** What counts for its path, and which state of all paths that was found in. */
  private record PathTerms(Terms terms, int paths) {}

  private final FileId id;
  private final FileKey key;
  private final int type;

  /** Lets answers be noted in the right order. */
  final Order order;

  /** What only directories have. */
  private final @Nullable DirectoryState directory;

  // What is known. Written under the order, read without.

  volatile @Nullable Known known;

  /** The content kept of the version that is known; 0 for none. */
  volatile long contentId;

  /** Changes with each version of the content, so that an open file sees that its own is over. */
  volatile int generation;

  /** The flags of {@link InodeRecord}. */
  volatile int flags;

  volatile byte[] target = NONE;
  volatile @Nullable XattrRecord xattrs;

  /** When the record was handed to the index last; 0 if what is known differs from it. */
  volatile long persistedAtMillis;

  /** How many have it open for writing. */
  @GuardedBy("order")
  int writers;

  /** What its only writer has written since it was empty, until the version of that is known. */
  @GuardedBy("order")
  @Nullable Draft draft;

  /** The question about the attributes that is under way and that others may wait for. */
  @GuardedBy("order")
  @Nullable Flight<Known> flight;

  /** Open files that a kernel reads by itself; made when there is the first. */
  private volatile @Nullable KernelReaders kernelReaders;

  private volatile @Nullable PathTerms terms;

  // The way to the file at the source.

  private volatile @Nullable SourceNode inner;
  private volatile @Nullable Place place;

  /** From the index, for as long as the inner node was not needed. */
  private volatile byte[] handle = NONE;

  CachedNode(FileId id, FileKey key, int type, Questions questions) {
    this.id = id;
    this.key = key;
    this.type = type & Mode.TYPE_MASK;
    this.order = new Order(questions);
    this.directory = Mode.isDirectory(type) ? new DirectoryState(new Order(questions)) : null;
  }

  @Override
  public FileId id() {
    return id;
  }

  FileKey key() {
    return key;
  }

  @Override
  public int type() {
    return type;
  }

  boolean isDirectory() {
    return directory != null;
  }

  boolean isRegular() {
    return Mode.isRegular(type);
  }

  @Nullable DirectoryState directory() {
    return directory;
  }

  @Override
  public byte[] handle() {
    SourceNode known = inner;
    return known == null ? handle : known.handle();
  }

  void restoreHandle(byte[] restored) {
    handle = restored;
  }

  @Nullable Place place() {
    return place;
  }

  @Override
  public @Nullable Where where() {
    Place last = place;
    return last == null ? null : new Where(last.directory, last.name);
  }

  /** Notes a name that the file was found under. */
  void seenAt(CachedNode parent, Name name) {
    Place last = place;
    if (last == null || last.directory != parent || !last.name.equals(name)) {
      place = new Place(parent, name);
      terms = null;
    }
  }

  /** Notes that a name is not the file's any more; {@code source} must know the file by then. */
  synchronized void lostPlace(CachedNode parent, Name name) {
    Place last = place;
    if (inner != null && last != null && last.directory == parent && last.name.equals(name)) {
      place = null;
    }
  }

  /** Forgets the content known: what is open moves to another. */
  @GuardedBy("order")
  void forgetContent() {
    contentId = 0;
    int next = generation + 1;
    generation = next;
  }

  /** Takes away what was written, if nobody writes any more: it is for the next answer to judge. */
  @GuardedBy("order")
  @Nullable Draft takeDraft() {
    Draft written = writers == 0 ? draft : null;
    if (written != null) {
      draft = null;
    }
    return written;
  }

  /** Returns the open files that a kernel reads by itself, or null if there are none. */
  @Nullable KernelReaders kernelReaders() {
    KernelReaders readers = kernelReaders;
    return readers == null || readers.isEmpty() ? null : readers;
  }

  /** Notes one more open file that a kernel reads by itself. */
  void addKernelReader(ContentUse use) {
    KernelReaders readers;
    synchronized (order) {
      readers = kernelReaders;
      if (readers == null) {
        readers = new KernelReaders();
        kernelReaders = readers;
      }
    }
    readers.add(use);
  }

  /** Ends what {@link #addKernelReader} began. */
  void endKernelReader(ContentUse use) {
    KernelReaders readers = kernelReaders;
    if (readers != null) {
      readers.remove(use);
    }
  }

  /** Returns whether somebody has it open for writing. */
  boolean isOpenForWriting() {
    synchronized (order) {
      return writers > 0;
    }
  }

  /**
   * Returns whether its content is not to be evicted: by its own mark or by that of a directory.
   */
  boolean isPinned() {
    if ((flags & InodeRecord.PINNED) != 0) {
      return true;
    }
    for (Place at = place; at != null; at = at.directory.place) {
      if ((at.directory.flags & InodeRecord.PINNED_BELOW) != 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns what counts for the path, if that was found out since paths changed last. */
  @Nullable Terms terms(int paths) {
    PathTerms last = terms;
    return last == null || last.paths != paths ? null : last.terms;
  }

  void noteTerms(Terms found, int paths) {
    terms = new PathTerms(found, paths);
  }

  /** Returns the inner node if there is one already. */
  @Nullable SourceNode innerOrNull() {
    return inner;
  }

  /** Returns the node that the source knows; made from what the index has if need be. */
  SourceNode inner(Source source) {
    SourceNode made = inner;
    if (made != null) {
      return made;
    }
    // Without recursion: a tree may be deeper than a stack.
    Deque<CachedNode> missing = new ArrayDeque<>();
    CachedNode next = this;
    SourceNode above = null;
    while (above == null) {
      missing.push(next);
      Place at = next.place;
      if (at == null) {
        throw new IllegalStateException("a file without an inner node and without a name");
      }
      next = at.directory;
      above = next.inner;
    }
    while (!missing.isEmpty()) {
      above = missing.pop().restored(source, above);
    }
    return above;
  }

  private synchronized SourceNode restored(Source source, SourceNode parent) {
    SourceNode made = inner;
    Place at = place;
    if (made == null && at != null) {
      made = source.restore(id, type, handle, parent, at.name);
      inner = made;
    }
    if (made == null) {
      throw new IllegalStateException("a file without an inner node and without a name");
    }
    return made;
  }

  /** Takes over an inner node that the source gave. */
  void adopt(SourceNode found) {
    SourceNode own;
    synchronized (this) {
      own = inner;
      if (own == null) {
        inner = found;
        return;
      }
    }
    own.absorb(found);
  }

  @Override
  public void absorb(SourceNode other) {
    if (other == this) {
      return;
    }
    // A file that came back after all who knew it were gone, while somebody still has the old
    // object.
    CachedNode later = (CachedNode) other;
    SourceNode found = later.inner;
    if (found != null) {
      adopt(found);
    }
    Place seen = later.place;
    if (seen != null) {
      seenAt(seen.directory, seen.name);
    }
  }

  /** Returns the path for people and for globs; relative to the source, empty for its root. */
  String path() {
    return path(this, null);
  }

  /** As {@link #path()} of a name in a directory. */
  static String path(CachedNode directory, @Nullable Name name) {
    Deque<String> parts = new ArrayDeque<>();
    if (name != null) {
      parts.push(name.toString());
    }
    for (Place at = directory.place; at != null; at = at.directory.place) {
      parts.push(at.name.toString());
    }
    return String.join("/", parts);
  }
}
