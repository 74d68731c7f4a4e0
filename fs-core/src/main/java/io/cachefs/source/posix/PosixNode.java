package io.cachefs.source.posix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.Descriptor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of the directory and the ways to find it again: a file handle, names it was seen under
 * (each only a hint, checked on use), and descriptors that are open on it. Thread-safe.
 */
final class PosixNode implements SourceNode {
  /** Names remembered of one file; enough for a file with many hard links to stay reachable. */
  private static final int MAX_LINKS = 8;

  /** A name in a directory. */
  record Link(PosixNode parent, Name name) {
    /** The same name in the same directory, though perhaps known by another node. */
    boolean isSameAs(Link other) {
      return parent.id.equals(other.parent.id) && name.equals(other.name);
    }
  }

  private final FileId id;
  private final int type;

  /** Null where the file system or the privileges do not allow handles, or it proved wrong. */
  private volatile byte @Nullable [] handle;

  /**
   * The handle that was seen to lead to this file. A handle is read by name, so it may be of
   * another file that took the name in between; once right, it stays right.
   */
  private volatile byte @Nullable [] provenHandle;

  /** The name seen last comes first. */
  @GuardedBy("this")
  private List<Link> links;

  @GuardedBy("this")
  private List<Descriptor> open = List.of();

  PosixNode(FileId id, int mode, byte @Nullable [] handle, @Nullable Link link) {
    this.id = id;
    this.type = mode & Mode.TYPE_MASK;
    this.handle = handle;
    this.links = link == null ? List.of() : List.of(link);
  }

  @Override
  public FileId id() {
    return id;
  }

  @Override
  public int type() {
    return type;
  }

  boolean isDirectory() {
    return Mode.isDirectory(type);
  }

  @Override
  public byte[] handle() {
    byte[] known = handle;
    return known == null ? new byte[0] : known;
  }

  @Override
  public synchronized @Nullable Where where() {
    return links.isEmpty() ? null : new Where(links.get(0).parent, links.get(0).name);
  }

  byte @Nullable [] knownHandle() {
    return handle;
  }

  /** Whether this very handle was proven: the node may have got another since it was read. */
  boolean isProven(byte[] read) {
    return provenHandle == read;
  }

  void proveHandle(byte[] read) {
    provenHandle = read;
  }

  /** Forgets a handle that is of another file. */
  void dropHandle(byte[] read) {
    if (handle == read) {
      handle = null;
    }
  }

  synchronized List<Link> links() {
    return links;
  }

  @Override
  public void absorb(SourceNode other) {
    if (other == this) {
      return;
    }
    PosixNode found = (PosixNode) other;
    if (handle == null) {
      handle = found.handle;
    }
    List<Link> newer = found.links();
    for (int i = newer.size() - 1; i >= 0; i--) {
      addLink(newer.get(i));
    }
  }

  private synchronized void addLink(Link link) {
    if (!links.isEmpty() && links.get(0).isSameAs(link) && links.get(0).parent == link.parent) {
      return;
    }
    List<Link> updated = new ArrayList<>(2);
    updated.add(link);
    if (!isDirectory()) {
      for (Link known : links) {
        if (!known.isSameAs(link) && updated.size() < MAX_LINKS) {
          updated.add(known);
        }
      }
    }
    links = List.copyOf(updated);
  }

  /** Makes the file reachable through a descriptor, until {@link #detach}. */
  synchronized void attach(Descriptor descriptor) {
    List<Descriptor> updated = new ArrayList<>(open);
    updated.add(descriptor);
    open = updated;
  }

  synchronized void detach(Descriptor descriptor) {
    List<Descriptor> updated = new ArrayList<>(open);
    updated.remove(descriptor);
    open = updated.isEmpty() ? List.of() : updated;
  }

  /** Returns whether the file can be reached through an open descriptor. */
  synchronized boolean isOpen() {
    return !open.isEmpty();
  }

  /** Returns a descriptor open on the file with one more use taken, or null if there is none. */
  synchronized @Nullable Descriptor useOpen() {
    for (Descriptor descriptor : open) {
      if (descriptor.tryUse()) {
        return descriptor;
      }
    }
    return null;
  }
}
