package io.cachefs.source.posix;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.FileId;
import io.cachefs.sys.FileCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds a node's file again and opens it: through what is open already, else by its file handle,
 * else by its chain of names. Whatever is opened by name, or the first time by handle, is checked
 * to be the file meant.
 */
final class NodeOpener {
  static final byte[] SELF = {0};
  private static final int PATH_ONLY = OpenFlags.PATH | OpenFlags.NOFOLLOW;

  /** What opening says when the name is of another file now, or of none. */
  private static final Set<Errno> GONE =
      EnumSet.of(Errno.ENOENT, Errno.ENOTDIR, Errno.ELOOP, Errno.ENXIO);

  /** More mounted file systems below one source than anyone has; others are found by name. */
  private static final int MAX_MOUNTS = 64;

  private final FileCalls calls;
  private final PosixNode root;
  private final DescriptorCache directories;

  /** An ordinary descriptor on each file system, as open_by_handle_at wants. */
  private final Map<Long, Descriptor> mounts = new ConcurrentHashMap<>();

  /** The root's descriptor is attached to its node for as long as the source is open. */
  NodeOpener(FileCalls calls, PosixNode root, int descriptorLimit) {
    this.calls = calls;
    this.root = root;
    this.directories = new DescriptorCache(descriptorLimit);
  }

  /**
   * An open file, sure to be the right one, with its raw attributes if they were needed for that.
   */
  record Opened(int descriptor, @Nullable Attributes attributes) {}

  /** Returns what tells a file from others; raw attributes have the device's own inode number. */
  static FileId idOf(Attributes raw) {
    var born = raw.born();
    long generation = born == null ? 0 : born.seconds() * 1_000_000_000L + born.nanos();
    return new FileId(raw.device(), raw.inode(), generation);
  }

  /**
   * Returns a descriptor of the node that is good for {@code *at} calls, with a use for the caller.
   * Those of directories are kept.
   */
  Descriptor path(PosixNode node) throws FsException {
    return node.isDirectory() ? directory(node) : file(node);
  }

  private Descriptor file(PosixNode node) throws FsException {
    Descriptor open = node.useOpen();
    return open != null ? open : new Descriptor(calls, open(node, PATH_ONLY).descriptor());
  }

  /**
   * As {@link #path} for a directory. A chain of names is walked from the top, without recursion.
   */
  Descriptor directory(PosixNode node) throws FsException {
    Deque<PosixNode> chain = new ArrayDeque<>(0);
    PosixNode known = node;
    Descriptor descriptor = ready(known);
    while (descriptor == null) {
      chain.push(known);
      var links = known.links();
      if (links.isEmpty()) {
        throw new FsException(Errno.ESTALE);
      }
      known = links.get(0).parent();
      descriptor = ready(known);
    }
    while (!chain.isEmpty()) {
      PosixNode next = chain.pop();
      Descriptor parent = descriptor;
      try {
        Opened opened = byName(parent, next.links().get(0), next, PATH_ONLY);
        if (opened == null) {
          throw new FsException(Errno.ESTALE);
        }
        descriptor = directories.keep(next.id(), new Descriptor(calls, opened.descriptor()));
      } finally {
        parent.release();
      }
    }
    return descriptor;
  }

  /** Returns a descriptor of a directory if no other directory is needed for it. */
  private @Nullable Descriptor ready(PosixNode node) throws FsException {
    Descriptor cached = directories.use(node.id());
    if (cached != null) {
      return cached;
    }
    Descriptor open = node.useOpen();
    if (open != null) {
      return open;
    }
    Opened opened = byHandle(node, PATH_ONLY);
    return opened == null
        ? null
        : directories.keep(node.id(), new Descriptor(calls, opened.descriptor()));
  }

  /** Opens the node's file anew. The caller owns the descriptor. */
  Opened open(PosixNode node, int flags) throws FsException {
    Opened opened = byHandle(node, flags);
    for (PosixNode.Link link : opened != null ? List.<PosixNode.Link>of() : node.links()) {
      Descriptor parent = directory(link.parent());
      try {
        opened = byName(parent, link, node, flags);
      } finally {
        parent.release();
      }
      if (opened != null) {
        break;
      }
    }
    if (opened == null) {
      opened = again(node, flags);
    }
    if (opened == null) {
      throw new FsException(Errno.ESTALE);
    }
    return opened;
  }

  private @Nullable Opened byHandle(PosixNode node, int flags) throws FsException {
    byte[] handle = node.handle();
    Descriptor mount = handle == null ? null : mounts.get(node.id().device());
    if (handle == null || mount == null) {
      return null;
    }
    int descriptor;
    try {
      descriptor = calls.openByHandle(mount.number(), handle, flags);
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        return null;
      }
      throw e;
    }
    if (node.isHandleProven()) {
      return new Opened(descriptor, null);
    }
    Opened opened = checked(descriptor, node);
    if (opened != null) {
      node.proveHandle();
    } else {
      // The name pointed to another file by the time the handle was read.
      node.dropHandle();
    }
    return opened;
  }

  private @Nullable Opened byName(Descriptor parent, PosixNode.Link link, PosixNode node, int flags)
      throws FsException {
    int descriptor;
    try {
      descriptor =
          calls.open(parent.number(), link.name().terminated(), flags | OpenFlags.NOFOLLOW, 0);
    } catch (FsException e) {
      if (GONE.contains(e.errno())) {
        return null;
      }
      throw e;
    }
    return checked(descriptor, node);
  }

  /** Opens anew what is open already; the only way to a file that has no name any more. */
  private @Nullable Opened again(PosixNode node, int flags) throws FsException {
    Descriptor open = node.useOpen();
    if (open == null) {
      return null;
    }
    try {
      byte[] path = ("/proc/self/fd/" + open.number() + "\0").getBytes(StandardCharsets.US_ASCII);
      int withoutNoFollow = flags & ~OpenFlags.NOFOLLOW;
      return checked(calls.open(FileCalls.CURRENT_DIRECTORY, path, withoutNoFollow, 0), node);
    } finally {
      open.release();
    }
  }

  /**
   * Returns the descriptor with its attributes, or closes it and returns null if it is of another.
   */
  private @Nullable Opened checked(int descriptor, PosixNode node) throws FsException {
    boolean right = false;
    try {
      Attributes attributes = calls.attributes(descriptor, SELF, FileCalls.EMPTY_PATH);
      right = idOf(attributes).equals(node.id());
      return right ? new Opened(descriptor, attributes) : null;
    } finally {
      if (!right) {
        calls.close(descriptor);
      }
    }
  }

  /** Returns the raw attributes of the node's file. */
  Attributes attributes(PosixNode node) throws FsException {
    Descriptor open = node.useOpen();
    if (open == null && node.isDirectory()) {
      open = directories.use(node.id());
    }
    if (open == null) {
      for (PosixNode.Link link : node.links()) {
        Attributes found = attributesByName(link);
        if (found != null && idOf(found).equals(node.id())) {
          return found;
        }
      }
      open = path(node);
    }
    try {
      return calls.attributes(open.number(), SELF, FileCalls.EMPTY_PATH);
    } finally {
      open.release();
    }
  }

  private @Nullable Attributes attributesByName(PosixNode.Link link) throws FsException {
    Descriptor parent;
    try {
      parent = directory(link.parent());
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        return null;
      }
      throw e;
    }
    try {
      return calls.attributes(parent.number(), link.name().terminated(), FileCalls.NO_FOLLOW);
    } catch (FsException e) {
      if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
        return null;
      }
      throw e;
    } finally {
      parent.release();
    }
  }

  /** Keeps an ordinary descriptor of a directory as the way into its file system; takes its use. */
  void addMount(long device, Descriptor mount) {
    if (mounts.size() >= MAX_MOUNTS || mounts.putIfAbsent(device, mount) != null) {
      mount.release();
    }
  }

  boolean knowsMount(long device) {
    return mounts.containsKey(device);
  }

  int keptDescriptors() {
    return directories.size() + mounts.size();
  }

  void close() {
    directories.clear();
    mounts.values().forEach(Descriptor::release);
    mounts.clear();
    Descriptor last = root.useOpen();
    if (last != null) {
      root.detach(last);
      last.release();
      last.release();
    }
  }
}
