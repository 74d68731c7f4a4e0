package io.cachefs.source.posix;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.StatFs;
import io.cachefs.source.ChangeFeed;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A directory of this machine. Thread-safe; see the package for what it guarantees. */
public final class PosixSource implements Source {
  /** Files without a name that are kept reachable though not open; far below any limit. */
  private static final int MAX_PINS = 4096;

  /** {@code RENAME_EXCHANGE} of {@code fs.h}: both names stay. */
  private static final int RENAME_EXCHANGE = 2;

  private static final int DIRECTORY_FLAGS = OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;

  private final FileCalls calls;
  private final PosixNode root;
  private final long rootDevice;
  private final Place place;
  private final NodeOpener opener;
  private final SourceCapabilities capabilities;
  private final AtomicInteger openPins = new AtomicInteger();

  private PosixSource(
      FileCalls calls,
      Place place,
      FileId rootId,
      int descriptorLimit,
      boolean local,
      boolean handles) {
    this.calls = calls;
    this.root = new PosixNode(rootId, Mode.DIRECTORY, null, null);
    this.rootDevice = rootId.device();
    this.place = place;
    this.opener = new NodeOpener(calls, place, root, descriptorLimit, !local);
    this.capabilities =
        new SourceCapabilities(
            true, handles, true, true, true, local, !local, !local, Duration.ofNanos(1));
  }

  /** Opens a directory; {@code descriptorLimit} bounds what is kept open between calls. */
  public static PosixSource open(FileCalls calls, Path directory, int descriptorLimit)
      throws FsException {
    return open(calls, directory, descriptorLimit, false);
  }

  /** As above; {@code asRemote} takes it for one of another machine, whatever it is. */
  public static PosixSource open(
      FileCalls calls, Path directory, int descriptorLimit, boolean asRemote) throws FsException {
    Place.Opened opened = Place.open(calls, directory);
    FileId id = NodeOpener.idOf(opened.attributes());
    Place place = new Place(calls, directory, opened.identity(), id.device());
    boolean local = opened.local() && !asRemote;
    boolean handles = local && Place.opensByHandle(calls, opened.descriptor());
    PosixSource source = new PosixSource(calls, place, id, descriptorLimit, local, handles);
    source.opener.begin(new Descriptor(calls, opened.descriptor()), handles);
    return source;
  }

  /** A directory that is not there now; everything fails until {@link #reopen} finds it. */
  public static PosixSource absent(
      FileCalls calls, Path directory, int descriptorLimit, RootIdentity identity) {
    Place place = new Place(calls, directory, identity, 0);
    FileId id = new FileId(0, identity.inode(), identity.generation());
    return new PosixSource(calls, place, id, descriptorLimit, false, false);
  }

  /** Returns what tells the root from other directories. */
  public RootIdentity identity() {
    return place.identity();
  }

  @Override
  public SourceNode rootNode() {
    return root;
  }

  @Override
  public void reopen() throws FsException {
    opener.reopen();
  }

  /** Returns what keeps track of open files. */
  NodeOpener opener() {
    return opener;
  }

  @Override
  public SourceCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public SourceNode restore(FileId id, int type, byte[] handle, SourceNode parent, Name name) {
    byte[] known = handle.length == 0 || !capabilities.findsByHandle() ? null : handle;
    return new PosixNode(id, type, known, new PosixNode.Link(posix(parent), name));
  }

  /** Returns the attributes as users see them: inode numbers are unique in the whole source. */
  Attributes visible(Attributes raw) {
    if (raw.device() == rootDevice) {
      return raw;
    }
    // Another file system is mounted below the source: keep its numbers apart from the root's.
    return raw.withInode(raw.inode() ^ (Long.rotateLeft(raw.device(), 40) | 1L << 62));
  }

  @Override
  public Found root() throws FsException {
    return new Found(root, visible(opener.attributes(root)));
  }

  @Override
  public Found find(SourceNode parent, Name name) throws FsException {
    PosixNode directory = posix(parent);
    Descriptor descriptor = opener.directory(directory);
    try {
      Attributes raw =
          place.attributes(descriptor.number(), name.terminated(), FileCalls.NO_FOLLOW);
      return found(
          raw, descriptor.number(), name.terminated(), 0, new PosixNode.Link(directory, name));
    } finally {
      descriptor.release();
    }
  }

  private Found found(
      Attributes raw, int directory, byte[] path, int flags, PosixNode.@Nullable Link link) {
    byte[] handle = null;
    if (capabilities.findsByHandle()) {
      handle = handleOf(raw, directory, path, flags);
    }
    return new Found(new PosixNode(NodeOpener.idOf(raw), raw.mode(), handle, link), visible(raw));
  }

  private byte @Nullable [] handleOf(Attributes raw, int directory, byte[] path, int flags) {
    try {
      if (!opener.knowsMount(raw.device())) {
        if (!raw.isDirectory()) {
          return null;
        }
        // A file system mounted below the source: an ordinary descriptor is the way into it.
        byte[] self = path.length == 1 ? new byte[] {'.', 0} : path;
        int way = calls.open(directory, self, DIRECTORY_FLAGS, 0);
        opener.addMount(raw.device(), new Descriptor(calls, way));
      }
      return calls.handleOf(directory, path, flags);
    } catch (FsException e) {
      // Without a handle the file is found by its names.
      return null;
    }
  }

  @Override
  public Attributes attributes(SourceNode node) throws FsException {
    return visible(opener.attributes(posix(node)));
  }

  @Override
  public Attributes change(SourceNode node, AttributeChange change) throws FsException {
    PosixNode target = posix(node);
    Descriptor descriptor = opener.path(target);
    try {
      Integer uid = change.uid();
      Integer gid = change.gid();
      if (uid != null || gid != null) {
        calls.chown(descriptor.number(), uid == null ? -1 : uid, gid == null ? -1 : gid);
      }
      Integer mode = change.mode();
      if (mode != null) {
        calls.chmod(descriptor.number(), mode & Mode.PERMISSIONS);
      }
      Long size = change.size();
      if (size != null) {
        truncate(target, size);
      }
      if (change.killPrivileges()) {
        killPrivileges(descriptor.number());
      }
      if (change.accessed() != null || change.modified() != null) {
        calls.setTimes(descriptor.number(), change.accessed(), change.modified());
      }
      return visible(place.attributes(descriptor.number(), NodeOpener.SELF, FileCalls.EMPTY_PATH));
    } finally {
      descriptor.release();
    }
  }

  private void truncate(PosixNode node, long size) throws FsException {
    if (!Mode.isRegular(node.type())) {
      throw new FsException(node.isDirectory() ? Errno.EISDIR : Errno.EINVAL);
    }
    int writable = opener.open(node, OpenFlags.WRITE_ONLY | OpenFlags.NONBLOCK).descriptor();
    try {
      calls.truncate(writable, size);
    } finally {
      calls.close(writable);
    }
  }

  /** Clears set-uid, and set-gid where it is not a lock mark, as a write by a user does. */
  private void killPrivileges(int descriptor) throws FsException {
    int mode = place.attributes(descriptor, NodeOpener.SELF, FileCalls.EMPTY_PATH).mode();
    int kept = mode & ~Mode.SET_UID;
    if ((mode & Mode.GROUP_EXECUTE) != 0) {
      kept &= ~Mode.SET_GID;
    }
    if (kept != mode) {
      calls.chmod(descriptor, kept & Mode.PERMISSIONS);
    }
  }

  @Override
  public byte[] readlink(SourceNode node) throws FsException {
    if (!Mode.isSymlink(node.type())) {
      throw new FsException(Errno.EINVAL);
    }
    return with(node, calls::readlink);
  }

  @Override
  public void access(Caller caller, SourceNode node, int mask) throws FsException {
    Descriptor descriptor = opener.path(posix(node));
    try {
      calls.actFor(caller, false);
      try {
        calls.access(descriptor.number(), mask);
      } finally {
        calls.resumeSelf();
      }
    } finally {
      descriptor.release();
    }
  }

  @Override
  public StatFs statfs(SourceNode node) throws FsException {
    return with(node, calls::statfs);
  }

  @Override
  public Opened open(SourceNode node, int flags) throws FsException {
    PosixNode file = posix(node);
    if (Mode.isDirectory(file.type())) {
      throw new FsException(Errno.EISDIR);
    }
    if (!Mode.isRegular(file.type())) {
      throw new FsException(Errno.ENXIO, "only the kernel can open pipes, sockets and devices");
    }
    NodeOpener.Opened opened = opener.open(file, flags | OpenFlags.NOFOLLOW);
    PosixFile open = openFile(file, opened.descriptor());
    boolean done = false;
    try {
      Attributes raw = opened.attributes();
      Attributes attributes = raw == null ? open.attributes() : visible(raw);
      done = true;
      return new Opened(open, attributes);
    } finally {
      if (!done) {
        open.close();
      }
    }
  }

  private PosixFile openFile(PosixNode node, int descriptor) {
    return new PosixFile(calls, this, node, descriptor, capabilities.reportsErrorsAtClose());
  }

  @Override
  public Created create(Caller caller, SourceNode parent, Name name, int mode, int flags)
      throws FsException {
    PosixNode directory = posix(parent);
    // Somebody else may have put a pipe there: opening it must not wait.
    int openFlags = flags | OpenFlags.CREATE | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK;
    int descriptor = openFor(caller, directory, name.terminated(), openFlags, mode);
    return created(descriptor, new PosixNode.Link(directory, name));
  }

  @Override
  public Created createUnnamed(Caller caller, SourceNode parent, int mode, int flags)
      throws FsException {
    byte[] here = {'.', 0};
    int openFlags = (flags & ~OpenFlags.CREATE) | OpenFlags.TMPFILE;
    return created(openFor(caller, posix(parent), here, openFlags, mode), null);
  }

  private int openFor(Caller caller, PosixNode parent, byte[] path, int flags, int mode)
      throws FsException {
    Descriptor descriptor = opener.directory(parent);
    try {
      calls.actFor(caller, true);
      try {
        return calls.open(descriptor.number(), path, flags, mode & Mode.PERMISSIONS);
      } finally {
        calls.resumeSelf();
      }
    } finally {
      descriptor.release();
    }
  }

  private Created created(int descriptor, PosixNode.@Nullable Link link) throws FsException {
    boolean done = false;
    try {
      Attributes raw = place.attributes(descriptor, NodeOpener.SELF, FileCalls.EMPTY_PATH);
      if (!raw.isRegular()) {
        throw new FsException(Errno.ESTALE, "the name is of something else now");
      }
      Found found = found(raw, descriptor, NodeOpener.SELF, FileCalls.EMPTY_PATH, link);
      PosixFile file = openFile(posix(found.node()), descriptor);
      done = true;
      return new Created(found, file);
    } finally {
      if (!done) {
        calls.close(descriptor);
      }
    }
  }

  @Override
  public SourceDirectory openDirectory(SourceNode node) throws FsException {
    PosixNode directory = posix(node);
    if (!directory.isDirectory()) {
      throw new FsException(Errno.ENOTDIR);
    }
    Descriptor descriptor = opener.directory(directory);
    try {
      return new PosixDirectory(calls, this, directory, openAgain(descriptor.number()));
    } finally {
      descriptor.release();
    }
  }

  private int openAgain(int directory) throws FsException {
    try {
      return calls.open(directory, new byte[] {'.', 0}, DIRECTORY_FLAGS, 0);
    } catch (FsException e) {
      if (e.errno() != Errno.EACCES) {
        throw e;
      }
      // The name "." takes the right to search; listing takes the right to read only.
      byte[] path = ("/proc/self/fd/" + directory + "\0").getBytes(StandardCharsets.US_ASCII);
      return calls.open(FileCalls.CURRENT_DIRECTORY, path, OpenFlags.DIRECTORY, 0);
    }
  }

  /** A call that makes a name in the directory with the given descriptor. */
  private interface Making {
    void in(int directory) throws FsException;
  }

  private Found make(Caller caller, SourceNode parent, Name name, Making making)
      throws FsException {
    Descriptor descriptor = opener.directory(posix(parent));
    try {
      calls.actFor(caller, true);
      try {
        making.in(descriptor.number());
      } finally {
        calls.resumeSelf();
      }
    } finally {
      descriptor.release();
    }
    return find(parent, name);
  }

  @Override
  public Found mkdir(Caller caller, SourceNode parent, Name name, int mode) throws FsException {
    return make(caller, parent, name, in -> calls.mkdir(in, name.terminated(), mode));
  }

  @Override
  public Found mknod(Caller caller, SourceNode parent, Name name, int mode, int device)
      throws FsException {
    return make(caller, parent, name, in -> calls.mknod(in, name.terminated(), mode, device));
  }

  @Override
  public Found symlink(Caller caller, SourceNode parent, Name name, byte[] target)
      throws FsException {
    return make(caller, parent, name, in -> calls.symlink(target, in, name.terminated()));
  }

  @Override
  public Found link(SourceNode node, SourceNode newParent, Name newName) throws FsException {
    Descriptor file = opener.path(posix(node));
    try {
      Descriptor directory = opener.directory(posix(newParent));
      try {
        calls.link(file.number(), directory.number(), newName.terminated());
      } finally {
        directory.release();
      }
    } finally {
      file.release();
    }
    return find(newParent, newName);
  }

  @Override
  public Pin pin(SourceNode parent, Name name) throws FsException {
    if (openPins.incrementAndGet() > MAX_PINS) {
      openPins.decrementAndGet();
      throw new FsException(Errno.EMFILE, "too many files without a name are in use");
    }
    int descriptor = -1;
    boolean done = false;
    Descriptor directory = null;
    try {
      directory = opener.directory(posix(parent));
      int flags = OpenFlags.PATH | OpenFlags.NOFOLLOW;
      descriptor = calls.open(directory.number(), name.terminated(), flags, 0);
      Attributes raw = place.attributes(descriptor, NodeOpener.SELF, FileCalls.EMPTY_PATH);
      done = true;
      return new PosixPin(NodeOpener.idOf(raw), new Descriptor(calls, descriptor), openPins);
    } finally {
      if (directory != null) {
        directory.release();
      }
      if (!done) {
        openPins.decrementAndGet();
        if (descriptor >= 0) {
          calls.close(descriptor);
        }
      }
    }
  }

  @Override
  public void unlink(SourceNode parent, Name name) throws FsException {
    unlink(parent, name, 0);
  }

  @Override
  public void rmdir(SourceNode parent, Name name) throws FsException {
    unlink(parent, name, FileCalls.REMOVE_DIRECTORY);
  }

  private void unlink(SourceNode parent, Name name, int flags) throws FsException {
    Descriptor descriptor = opener.directory(posix(parent));
    try {
      calls.unlink(descriptor.number(), name.terminated(), flags);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public void rename(
      SourceNode parent, Name name, SourceNode newParent, Name newName, int flags, KnownNodes known)
      throws FsException {
    Descriptor from = opener.directory(posix(parent));
    try {
      Descriptor to = opener.directory(posix(newParent));
      opener.renames().begin();
      try {
        calls.rename(from.number(), name.terminated(), to.number(), newName.terminated(), flags);
        tellName(known, to, new PosixNode.Link(posix(newParent), newName));
        if ((flags & RENAME_EXCHANGE) != 0) {
          tellName(known, from, new PosixNode.Link(posix(parent), name));
        }
      } finally {
        opener.renames().end();
        to.release();
      }
    } finally {
      from.release();
    }
  }

  /** Lets the file that has the name now be found by it, if the file is known to somebody. */
  private void tellName(KnownNodes known, Descriptor directory, PosixNode.Link link) {
    try {
      byte[] name = link.name().terminated();
      Attributes raw = place.attributes(directory.number(), name, FileCalls.NO_FOLLOW);
      SourceNode node = known.find(NodeOpener.idOf(raw));
      if (node != null) {
        node.absorb(new PosixNode(node.id(), raw.mode(), null, link));
      }
    } catch (FsException e) {
      // Renamed again by somebody else: whoever did that knows the name.
    }
  }

  @Override
  public byte[] xattr(SourceNode node, byte[] name) throws FsException {
    return with(node, descriptor -> place.xattr(descriptor, name));
  }

  @Override
  public void setXattr(SourceNode node, byte[] name, byte[] value, int flags) throws FsException {
    Descriptor descriptor = opener.path(posix(node));
    try {
      calls.setXattr(descriptor.number(), name, value, flags);
    } finally {
      descriptor.release();
    }
  }

  @Override
  public byte[] listXattrs(SourceNode node) throws FsException {
    return with(node, calls::listXattrs);
  }

  @Override
  public void removeXattr(SourceNode node, byte[] name) throws FsException {
    Descriptor descriptor = opener.path(posix(node));
    try {
      calls.removeXattr(descriptor.number(), name);
    } finally {
      descriptor.release();
    }
  }

  /** A call on a descriptor that returns something. */
  private interface Call<T> {
    T on(int descriptor) throws FsException;
  }

  private <T> T with(SourceNode node, Call<T> call) throws FsException {
    Descriptor descriptor = opener.path(posix(node));
    try {
      return call.on(descriptor.number());
    } finally {
      descriptor.release();
    }
  }

  @Override
  public void syncAll() throws FsException {
    Descriptor descriptor = opener.directory(root);
    try {
      calls.syncFileSystem(descriptor.number());
    } finally {
      descriptor.release();
    }
  }

  @Override
  public @Nullable ChangeFeed changeFeed(ChangeFeed.Listener listener) throws FsException {
    return capabilities.changeFeed() ? changeFeed(listener, InotifyFeed.defaultLimit()) : null;
  }

  /** As above, for at most so many directories. */
  ChangeFeed changeFeed(ChangeFeed.Listener listener, int limit) throws FsException {
    return InotifyFeed.open(calls, this::watchable, listener, limit);
  }

  /** Below the source there may be a file system of another machine, which reports nothing. */
  private @Nullable Descriptor watchable(SourceNode node) throws FsException {
    PosixNode directory = posix(node);
    Descriptor descriptor = opener.directory(directory);
    boolean local = directory.id().device() == rootDevice;
    try {
      local = local || Place.isLocal(calls, descriptor.number());
    } finally {
      if (!local) {
        descriptor.release();
      }
    }
    return local ? descriptor : null;
  }

  /** Returns how many descriptors are kept besides those of open files. */
  public int keptDescriptors() {
    return opener.keptDescriptors();
  }

  @Override
  public void close() {
    opener.close();
  }

  private static PosixNode posix(SourceNode node) {
    return (PosixNode) node;
  }
}
