package io.cachefs.source.posix;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.FileId;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
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

  /**
   * What opening by handle says when the file is gone. ENOMEM too: ext4 says so while the inode
   * number is just being given to a new file ({@code iget_locked} of fs/inode.c, Linux 6.18).
   */
  private static final Set<Errno> NOT_BY_HANDLE = EnumSet.of(Errno.ESTALE, Errno.ENOMEM);

  private static final Set<Errno> NOT_BY_NAME =
      EnumSet.of(Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES);

  /** More mounted file systems below one source than anyone has; others are found by name. */
  private static final int MAX_MOUNTS = 64;

  private final FileCalls calls;
  private final PosixNode root;
  private final Place place;
  private final int descriptorLimit;

  /** Replaced when the root was found anew: what walked there before keeps nothing in this one. */
  private volatile DescriptorCache directories;

  /** What is open now, where all of it can be lost at once; null where that cannot be. */
  private final @Nullable Set<OpenDescriptor> open;

  @GuardedBy("this")
  private @Nullable Descriptor rootDescriptor;

  @GuardedBy("this")
  private boolean closed;

  /** So often a file is looked for again that somebody is just renaming. */
  private static final int MAX_TRIES = 16;

  private final Renames renames = new Renames();

  /** An ordinary descriptor on each file system, as open_by_handle_at wants. */
  private final Map<Long, Descriptor> mounts = new ConcurrentHashMap<>();

  /**
   * Finds nothing until {@link #begin}.
   *
   * @param mayBeLost whether the file system may go away and come back
   */
  NodeOpener(FileCalls calls, Place place, PosixNode root, int descriptorLimit, boolean mayBeLost) {
    this.calls = calls;
    this.place = place;
    this.root = root;
    this.descriptorLimit = descriptorLimit;
    this.directories = new DescriptorCache(descriptorLimit);
    this.open = mayBeLost ? ConcurrentHashMap.newKeySet() : null;
  }

  /**
   * Takes over the root's descriptor, which stays attached to its node.
   *
   * @param isWay whether files are opened by handle through it
   */
  void begin(Descriptor descriptor, boolean isWay) {
    synchronized (this) {
      rootDescriptor = descriptor;
    }
    root.attach(descriptor);
    if (isWay && descriptor.tryUse()) {
      addMount(root.id().device(), descriptor);
    }
  }

  /** Finds the root anew at its place; what was open before is not used to find files any more. */
  void reopen() throws FsException {
    Descriptor fresh = new Descriptor(calls, place.reopen());
    Descriptor last;
    DescriptorCache before = directories;
    synchronized (this) {
      if (closed) {
        last = fresh;
      } else {
        last = rootDescriptor;
        rootDescriptor = fresh;
        directories = new DescriptorCache(descriptorLimit);
        root.attach(fresh);
      }
    }
    before.close();
    if (last != null) {
      root.detach(last);
      last.release();
    }
    if (open != null) {
      open.forEach(OpenDescriptor::lose);
    }
  }

  /** Notes what leads to a file while it is open. */
  void opened(OpenDescriptor descriptor) {
    if (open != null) {
      open.add(descriptor);
    }
  }

  /** Ends what {@link #opened} began. */
  void closed(OpenDescriptor descriptor) {
    if (open != null) {
      open.remove(descriptor);
    }
  }

  /** Returns the raw attributes of what is open. */
  Attributes attributes(int descriptor) throws FsException {
    return place.attributes(descriptor, SELF, FileCalls.EMPTY_PATH);
  }

  /** Returns the renames that are being made through this source. */
  Renames renames() {
    return renames;
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

  /** A way to find a file by its names. */
  private interface Search<T> {
    T run() throws FsException;
  }

  /** Searches again if the file was not found because its names changed meanwhile. */
  private <T> T search(Search<T> search) throws FsException {
    for (int tries = 1; ; tries++) {
      long mark = renames.mark();
      try {
        return search.run();
      } catch (FsException e) {
        if (e.errno() != Errno.ESTALE || tries == MAX_TRIES || !renames.endedSince(mark)) {
          throw e;
        }
      }
    }
  }

  /** As {@link #path} for a directory. */
  Descriptor directory(PosixNode node) throws FsException {
    return search(() -> walkTo(node));
  }

  /** Walks the chain of names from the top, without recursion. */
  private Descriptor walkTo(PosixNode node) throws FsException {
    Deque<PosixNode> chain = new ArrayDeque<>(0);
    PosixNode known = node;
    DescriptorCache kept = directories;
    Descriptor descriptor = ready(known, kept);
    while (descriptor == null) {
      chain.push(known);
      var links = known.links();
      if (links.isEmpty()) {
        throw new FsException(known == root ? Errno.ENOTCONN : Errno.ESTALE);
      }
      known = links.get(0).parent();
      descriptor = ready(known, kept);
    }
    while (!chain.isEmpty()) {
      PosixNode next = chain.pop();
      Descriptor parent = descriptor;
      try {
        Opened opened = byName(parent, next.links().get(0), next, PATH_ONLY);
        if (opened == null) {
          throw new FsException(Errno.ESTALE);
        }
        descriptor = kept.keep(next.id(), new Descriptor(calls, opened.descriptor()));
      } finally {
        parent.release();
      }
    }
    return descriptor;
  }

  /** Returns a descriptor of a directory if no other directory is needed for it. */
  private @Nullable Descriptor ready(PosixNode node, DescriptorCache kept) throws FsException {
    Descriptor cached = kept.use(node.id());
    if (cached != null) {
      return cached;
    }
    Descriptor open = node.useOpen();
    if (open != null) {
      return open;
    }
    Opened opened = byHandle(node, PATH_ONLY);
    return opened == null ? null : kept.keep(node.id(), new Descriptor(calls, opened.descriptor()));
  }

  /** Opens the node's file anew. The caller owns the descriptor. */
  Opened open(PosixNode node, int flags) throws FsException {
    return search(() -> openByAnyWay(node, flags));
  }

  private Opened openByAnyWay(PosixNode node, int flags) throws FsException {
    Opened opened = byHandle(node, flags);
    if (opened == null) {
      opened = byNames(node, flags);
    }
    if (opened == null) {
      opened = again(node, flags);
    }
    if (opened == null) {
      throw new FsException(Errno.ESTALE);
    }
    return opened;
  }

  private @Nullable Opened byNames(PosixNode node, int flags) throws FsException {
    FsException refused = null;
    for (PosixNode.Link link : node.links()) {
      try {
        Opened opened = byLink(link, node, flags);
        if (opened != null) {
          return opened;
        }
      } catch (FsException e) {
        if (e.errno() != Errno.EACCES) {
          throw e;
        }
        // This name is in a closed directory; another may not be.
        refused = e;
      }
    }
    if (refused != null && !node.isOpen()) {
      throw refused;
    }
    return null;
  }

  private @Nullable Opened byLink(PosixNode.Link link, PosixNode node, int flags)
      throws FsException {
    Descriptor parent = directoryOrNull(link.parent());
    if (parent == null) {
      return null;
    }
    try {
      return byName(parent, link, node, flags);
    } finally {
      parent.release();
    }
  }

  /** As {@link #directory}, or null if the directory is not found any more. */
  private @Nullable Descriptor directoryOrNull(PosixNode node) throws FsException {
    try {
      return directory(node);
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        return null;
      }
      throw e;
    }
  }

  private @Nullable Opened byHandle(PosixNode node, int flags) throws FsException {
    byte[] handle = node.knownHandle();
    Descriptor mount = handle == null ? null : mounts.get(node.id().device());
    if (handle == null || mount == null || !mount.tryUse()) {
      return null;
    }
    boolean proven = node.isProven(handle);
    int first = proven ? flags : atFirst(flags);
    int descriptor;
    try {
      descriptor = calls.openByHandle(mount.number(), handle, first);
    } catch (FsException e) {
      if (NOT_BY_HANDLE.contains(e.errno())) {
        return null;
      }
      throw e;
    } finally {
      mount.release();
    }
    if (proven) {
      return new Opened(descriptor, null);
    }
    Opened opened = checked(descriptor, node);
    if (opened == null) {
      // The name pointed to another file by the time the handle was read.
      node.dropHandle(handle);
      return null;
    }
    node.proveHandle(handle);
    return first == flags ? opened : reopened(opened, flags);
  }

  /**
   * Returns the flags to open a file with before it is known to be the right one. Nothing must
   * happen to a wrong one: it must not be truncated.
   */
  private static int atFirst(int flags) {
    return (flags & OpenFlags.TRUNCATE) == 0 ? flags : PATH_ONLY;
  }

  private @Nullable Opened byName(Descriptor parent, PosixNode.Link link, PosixNode node, int flags)
      throws FsException {
    int descriptor;
    try {
      // As a path only: what has the name now may be a pipe, where opening waits, or a device.
      descriptor = calls.open(parent.number(), link.name().terminated(), PATH_ONLY, 0);
    } catch (FsException e) {
      if (GONE.contains(e.errno())) {
        return null;
      }
      throw e;
    }
    Opened opened = checked(descriptor, node);
    return opened == null || flags == PATH_ONLY ? opened : reopened(opened, flags);
  }

  /** Opens with other flags what was found to be the right file; closes the first descriptor. */
  private Opened reopened(Opened first, int flags) throws FsException {
    try {
      boolean same = (flags & OpenFlags.TRUNCATE) == 0;
      return new Opened(openAgain(first.descriptor(), flags), same ? first.attributes() : null);
    } finally {
      calls.close(first.descriptor());
    }
  }

  /** Opens anew what is open already; the only way to a file that has no name any more. */
  private @Nullable Opened again(PosixNode node, int flags) throws FsException {
    Descriptor open = node.useOpen();
    if (open == null) {
      return null;
    }
    try {
      return checked(openAgain(open.number(), flags), node);
    } finally {
      open.release();
    }
  }

  private int openAgain(int descriptor, int flags) throws FsException {
    byte[] path = ("/proc/self/fd/" + descriptor + "\0").getBytes(StandardCharsets.US_ASCII);
    return calls.open(FileCalls.CURRENT_DIRECTORY, path, flags & ~OpenFlags.NOFOLLOW, 0);
  }

  /**
   * Returns the descriptor with its attributes, or closes it and returns null if it is of another.
   */
  private @Nullable Opened checked(int descriptor, PosixNode node) throws FsException {
    boolean right = false;
    try {
      Attributes attributes = attributes(descriptor);
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
      return attributes(open.number());
    } finally {
      open.release();
    }
  }

  /** Returns what a name has now, or null if it is gone or in a closed directory. */
  private @Nullable Attributes attributesByName(PosixNode.Link link) throws FsException {
    Descriptor parent = null;
    try {
      parent = directoryOrNull(link.parent());
      return parent == null
          ? null
          : place.attributes(parent.number(), link.name().terminated(), FileCalls.NO_FOLLOW);
    } catch (FsException e) {
      if (NOT_BY_NAME.contains(e.errno())) {
        return null;
      }
      throw e;
    } finally {
      if (parent != null) {
        parent.release();
      }
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
    directories.close();
    mounts.values().forEach(Descriptor::release);
    mounts.clear();
    Descriptor last;
    synchronized (this) {
      closed = true;
      last = rootDescriptor;
      rootDescriptor = null;
    }
    if (last != null) {
      root.detach(last);
      last.release();
    }
  }
}
