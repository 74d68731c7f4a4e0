package io.cachefs.writeback.pending;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An open directory: what the base lists, with the names that differ. If there are any when it is
 * listed from the start, all names are noted then, and a cookie is the place of a name in that;
 * otherwise the base lists, and cookies are its own.
 */
final class MergedDirectory implements SourceDirectory {
  private final Overlay overlay;
  private final SourceNode face;
  private final Lookup lookup;

  @GuardedBy("this")
  private @Nullable SourceDirectory below;

  @GuardedBy("this")
  private boolean closed;

  /** What is listed; null if the base does. */
  @GuardedBy("this")
  private @Nullable List<Listed> noted;

  private record Listed(Name name, long inode, int type) {}

  /** What differs: null for a name that is gone. */
  private record Different(Map<Name, @Nullable Listed> names, boolean made) {}

  MergedDirectory(Overlay overlay, SourceNode face, Lookup lookup) {
    this.overlay = overlay;
    this.face = face;
    this.lookup = lookup;
  }

  static boolean isDots(byte[] name, int length) {
    return length <= 2 && name[0] == '.' && (length == 1 || name[1] == '.');
  }

  @Override
  public Attributes attributes() throws FsException {
    return lookup.attributes(face);
  }

  @Override
  public synchronized void list(long cookie, Visitor visitor) throws FsException {
    if (closed) {
      throw new FsException(Errno.EBADF);
    }
    if (cookie == 0 || (noted == null && below == null)) {
      begin();
    }
    List<Listed> all = noted;
    if (all == null) {
      SourceDirectory open = below();
      open.list(
          cookie,
          (name, length, inode, type, next) ->
              overlay.temporary.isOne(name, length)
                  || visitor.visit(name, length, shown(inode), type, next));
      return;
    }
    for (long i = Math.max(0, cookie); i < all.size() + 2; i++) {
      if (!visit(visitor, all, (int) i)) {
        return;
      }
    }
  }

  private boolean visit(Visitor visitor, List<Listed> all, int index) throws FsException {
    if (index < 2) {
      byte[] dots = {'.', '.'};
      long inode = index == 0 ? inodeOf(face) : inodeOf(above());
      return visitor.visit(dots, index + 1, inode, Mode.direntType(Mode.DIRECTORY), index + 1L);
    }
    Listed entry = all.get(index - 2);
    return visitor.visit(
        entry.name.terminated(), entry.name.length(), entry.inode, entry.type, index + 1L);
  }

  private SourceNode above() {
    PendingNode node = overlay.book.of(face);
    if (node != null && node.parent != null) {
      return node.parent.face;
    }
    SourceNode base = Overlay.baseOf(face);
    SourceNode.Where where = base == null || base == overlay.root ? null : base.where();
    return where == null ? face : where.directory();
  }

  private long inodeOf(SourceNode node) {
    if (node instanceof LocalNode local) {
      return local.inode();
    }
    try {
      return lookup.attributes(node).inode();
    } catch (FsException e) {
      // It went meanwhile; nobody uses this number for anything.
      return node.id().inode();
    }
  }

  private long shown(long inode) {
    LocalNode alias = overlay.book.aliases.isEmpty() ? null : overlay.book.aliases.ofInode(inode);
    return alias == null ? inode : alias.inode();
  }

  @GuardedBy("this")
  private void begin() throws FsException {
    // First what differs, then what the base has: what is sent in between is in both.
    Different different = different();
    if (different == null) {
      noted = null;
      return;
    }
    List<Listed> all = new ArrayList<>();
    Map<Name, @Nullable Listed> left = new HashMap<>(different.names);
    if (!different.made) {
      SourceDirectory open = below();
      open.list(
          0,
          (bytes, length, inode, type, next) -> {
            if (!isDots(bytes, length) && !overlay.temporary.isOne(bytes, length)) {
              Name name = Name.of(Arrays.copyOf(bytes, length));
              if (left.containsKey(name)) {
                Listed here = left.remove(name);
                if (here != null) {
                  all.add(here);
                }
              } else {
                all.add(new Listed(name, shownToo(inode), type));
              }
            }
            return true;
          });
    }
    left.values().forEach(here -> addIfThere(all, here));
    noted = all;
  }

  private static void addIfThere(List<Listed> all, @Nullable Listed here) {
    if (here != null) {
      all.add(here);
    }
  }

  private long shownToo(long inode) {
    return shown(inode);
  }

  private @Nullable Different different() throws FsException {
    PendingNode node = overlay.book.of(face);
    if (node == null) {
      if (Overlay.baseOf(face) == null) {
        throw new FsException(Errno.ENOENT);
      }
      return null;
    }
    Map<Name, @Nullable Listed> names = new HashMap<>();
    Locks.Held held = overlay.locks.hold(node);
    try {
      if (node.links == 0) {
        return new Different(names, true);
      }
      Names differ = node.names();
      if (differ != null) {
        differ.forEach(
            (name, child) -> names.put(name, child == null ? null : listed(name, child)));
      }
      boolean made = node.base == null;
      return made || !names.isEmpty() ? new Different(names, made) : null;
    } finally {
      held.close();
    }
  }

  private Listed listed(Name name, PendingNode child) {
    long inode = overlay.attributes(child).inode();
    return new Listed(name, inode, Mode.direntType(child.mode));
  }

  @GuardedBy("this")
  private SourceDirectory below() throws FsException {
    SourceDirectory open = below;
    if (open == null) {
      open = overlay.base.openDirectory(Overlay.requireBase(face));
      below = open;
    }
    return open;
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    new Syncing(overlay).sync(face);
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    new Syncing(overlay).requireAtSource(face);
    SourceDirectory open;
    synchronized (this) {
      open = below();
    }
    return open.ioctl(command, input, outputSize);
  }

  @Override
  public synchronized void close() {
    closed = true;
    SourceDirectory open = below;
    below = null;
    if (open != null) {
      open.close();
    }
  }
}
