package io.cachefs.writeback.pending;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.source.SourceNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Extended attributes with what was changed of them here. */
final class Xattrs {
  static final byte[] CAPABILITY = "security.capability".getBytes(StandardCharsets.US_ASCII);

  private static final int CREATE = 1;
  private static final int REPLACE = 2;
  private static final int MAX_NAME = 255;
  private static final int MAX_VALUE = 65_536;
  private static final List<String> NAMESPACES = List.of("user.", "trusted.", "security.");

  private final Overlay overlay;
  private final Lookup lookup;

  Xattrs(Overlay overlay, Lookup lookup) {
    this.overlay = overlay;
    this.lookup = lookup;
  }

  byte[] value(SourceNode face, byte[] name) throws FsException {
    PendingNode node = overlay.book.of(face);
    if (node != null) {
      Locks.Held held = overlay.locks.hold(node);
      try {
        Xattr here = here(node, name);
        if (here != null) {
          byte[] value = here.value();
          if (value == null) {
            throw new FsException(Errno.ENODATA);
          }
          return value;
        }
        if (Applier.isToBeMade(node)) {
          requireSupported(name);
          throw new FsException(Errno.ENODATA);
        }
      } finally {
        held.close();
      }
    }
    return overlay.base.xattr(Overlay.requireBase(face), name);
  }

  /** Returns what was changed of it here, the last change first; null if nothing was. */
  private static @Nullable Xattr here(PendingNode node, byte[] name) {
    Xattr found = Xattr.in(node.xattrs(), name);
    if (found != null) {
      return found;
    }
    for (Frozen each = node.frozen; each != null; each = each.next) {
      Xattr in = Xattr.in(each.xattrs, name);
      found = in == null ? found : in;
    }
    return found;
  }

  /** As {@link #value}, but null if there is none or cannot be. */
  byte @Nullable [] valueIfThere(SourceNode face, byte[] name) throws FsException {
    try {
      return value(face, name);
    } catch (FsException e) {
      if (e.errno() == Errno.ENODATA || e.errno() == Errno.EOPNOTSUPP) {
        return null;
      }
      throw e;
    }
  }

  byte[] list(SourceNode face) throws FsException {
    PendingNode node = overlay.book.of(face);
    if (node == null) {
      return overlay.base.listXattrs(Overlay.requireBase(face));
    }
    // First what differs, then what the base has: what is sent in between is in both.
    List<Xattr> different = new ArrayList<>();
    boolean made;
    Locks.Held held = overlay.locks.hold(node);
    try {
      for (Frozen each = node.frozen; each != null; each = each.next) {
        different.addAll(each.xattrs);
      }
      different.addAll(node.xattrs());
      made = Applier.isToBeMade(node);
    } finally {
      held.close();
    }
    byte[] below = made ? new byte[0] : overlay.base.listXattrs(Overlay.requireBase(face));
    if (different.isEmpty()) {
      return below;
    }
    Set<String> names = new TreeSet<>(split(below));
    different.forEach(xattr -> change(names, xattr));
    StringBuilder all = new StringBuilder();
    names.forEach(name -> all.append(name).append('\0'));
    return all.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void change(Set<String> names, Xattr xattr) {
    String name = new String(xattr.name(), StandardCharsets.ISO_8859_1);
    if (xattr.value() == null) {
      names.remove(name);
    } else {
      names.add(name);
    }
  }

  private static List<String> split(byte[] names) {
    List<String> list = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < names.length; i++) {
      if (names[i] == 0) {
        list.add(new String(names, start, i - start, StandardCharsets.ISO_8859_1));
        start = i + 1;
      }
    }
    return list;
  }

  void set(SourceNode face, byte[] name, byte[] value, int flags) throws FsException {
    requireSupported(name);
    requireAllowed(face, name);
    if (value.length > MAX_VALUE) {
      throw new FsException(Errno.E2BIG);
    }
    boolean there = valueIfThere(face, name) != null;
    if (there && (flags & CREATE) != 0) {
      throw new FsException(Errno.EEXIST);
    }
    if (!there && (flags & REPLACE) != 0) {
      throw new FsException(Errno.ENODATA);
    }
    boolean access = Arrays.equals(name, Acl.ACCESS);
    boolean defaults = Arrays.equals(name, Acl.DEFAULT);
    if ((access || defaults) && Mode.isSymlink(face.type())) {
      throw new FsException(Errno.EOPNOTSUPP);
    }
    if (access) {
      Acl.Result acl = Acl.set(value, lookup.attributes(face).mode());
      put(face, name, acl.list(), acl.mode(), there);
    } else if (defaults) {
      if (!Mode.isDirectory(face.type())) {
        throw new FsException(Errno.EACCES, "only directories have a default list");
      }
      boolean empty = Acl.check(value).limit() <= 4;
      put(face, name, empty ? null : value, -1, there);
    } else {
      put(face, name, value, -1, there);
    }
  }

  void remove(SourceNode face, byte[] name) throws FsException {
    requireSupported(name);
    requireAllowed(face, name);
    if (valueIfThere(face, name) == null) {
      boolean acl = Arrays.equals(name, Acl.ACCESS) || Arrays.equals(name, Acl.DEFAULT);
      if (acl) {
        return;
      }
      throw new FsException(Errno.ENODATA);
    }
    put(face, name, null, -1, true);
  }

  /** Removes the capabilities of a file whose content or owner changes, as Linux does. */
  void dropCapability(SourceNode face, PendingNode node) throws FsException {
    if (node.capabilityChecked) {
      return;
    }
    if (valueIfThere(face, CAPABILITY) != null) {
      put(face, CAPABILITY, null, -1, true);
    }
    node.capabilityChecked = true;
  }

  /** Sets the list that goes with a mode, if the file has one. */
  void followMode(SourceNode face, int mode) throws FsException {
    byte[] list = valueIfThere(face, Acl.ACCESS);
    if (list != null) {
      put(face, Acl.ACCESS, Acl.changed(list, mode), -1, true);
    }
  }

  private void put(SourceNode face, byte[] name, byte @Nullable [] value, int mode, boolean there)
      throws FsException {
    while (true) {
      PendingNode node = overlay.adopt(face);
      Locks.Held held = overlay.locks.hold(node);
      try {
        if (node.dropped) {
          continue;
        }
        int newMode = mode == -1 ? node.mode : mode;
        if (value == null && !there && newMode == node.mode) {
          return;
        }
        overlay.between(node);
        Change.SetXattr change =
            new Change.SetXattr(node.number, name, value, newMode, overlay.now());
        overlay.fileApplier.setXattr(
            node, change, overlay.log.append(change.kind(), change.head()));
        return;
      } finally {
        held.close();
        overlay.tidy(node);
      }
    }
  }

  private static void requireSupported(byte[] name) throws FsException {
    if (name.length > MAX_NAME || name.length == 0) {
      throw new FsException(Errno.ERANGE);
    }
    String text = new String(name, StandardCharsets.ISO_8859_1);
    boolean known = Arrays.equals(name, Acl.ACCESS) || Arrays.equals(name, Acl.DEFAULT);
    for (String namespace : NAMESPACES) {
      if (text.equals(namespace)) {
        throw new FsException(Errno.EINVAL);
      }
      known |= text.startsWith(namespace);
    }
    if (!known) {
      throw new FsException(Errno.EOPNOTSUPP);
    }
  }

  private static void requireAllowed(SourceNode face, byte[] name) throws FsException {
    boolean user = new String(name, StandardCharsets.ISO_8859_1).startsWith("user.");
    if (user && !Mode.isRegular(face.type()) && !Mode.isDirectory(face.type())) {
      throw new FsException(Errno.EPERM);
    }
  }
}
