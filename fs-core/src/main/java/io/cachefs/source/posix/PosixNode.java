package io.cachefs.source.posix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
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
    boolean isSameAs(Link other) {
      return parent.id.equals(other.parent.id) && name.equals(other.name);
    }
  }

  private final FileId id;
  private final int type;

  /** Null where the file system or the privileges do not allow handles, or it proved wrong. */
  private volatile byte @Nullable [] handle;

  /**
   * Whether the handle was seen to lead to this file. It was read by name, so it may be of another
   * that took the name in between; once right, it stays right.
   */
  private volatile boolean handleProven;

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

  byte @Nullable [] handle() {
    return handle;
  }

  boolean isHandleProven() {
    return handleProven;
  }

  void proveHandle() {
    handleProven = true;
  }

  void dropHandle() {
    handle = null;
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
    if (!links.isEmpty() && links.get(0).isSameAs(link)) {
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
