package io.cachefs.vfs;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Passthrough;
import io.cachefs.base.StatFs;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceNode;
import io.cachefs.vfs.handle.HandleTable;
import io.cachefs.vfs.handle.OpenHandle;
import io.cachefs.vfs.inode.Inode;
import io.cachefs.vfs.inode.InodeTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A {@link Vfs} that asks the source each time. Thread-safe; holds no lock while it asks. */
public final class SourceVfs implements Vfs {
  /** {@code RENAME_EXCHANGE} of {@code fs.h}: both names stay. */
  private static final int RENAME_EXCHANGE = 2;

  /** So often a name is looked at again that is being replaced meanwhile. */
  private static final int HOLD_TRIES = 8;

  /** Attributes that the kernel shows to privileged processes only, see xattr(7). */
  private static final byte[] TRUSTED = "trusted.".getBytes(StandardCharsets.US_ASCII);

  private final Source source;
  private final InstantSource time;
  private final Duration listingLifetime;
  private final InodeTable inodes;
  private final HandleTable handles = new HandleTable();
  private final ToldByInode told;
  private final Holds holds;

  /** Closes the source, or nothing if others use it too. */
  private final Runnable sourceEnd;

  /**
   * Takes over the source.
   *
   * @param listingLifetime how long a kernel may use the listing of a directory that seems
   *     unchanged
   */
  public SourceVfs(Source source, InstantSource time, Duration listingLifetime) throws FsException {
    this(source, time, listingLifetime, source::close);
  }

  /** As the constructor, but leaves the source open when it is closed: others use it too. */
  public static SourceVfs sharing(Source source, InstantSource time, Duration listingLifetime)
      throws FsException {
    return new SourceVfs(source, time, listingLifetime, () -> {});
  }

  private SourceVfs(Source source, InstantSource time, Duration listingLifetime, Runnable sourceEnd)
      throws FsException {
    this.sourceEnd = sourceEnd;
    this.listingLifetime = listingLifetime;
    this.source = source;
    this.time = time;
    this.inodes = new InodeTable(source.rootNode());
    this.told = new ToldByInode(inodes);
    this.holds = new Holds(time);
    source.tell(told);
  }

  // --- Names ---

  @Override
  public Entry lookup(long parent, Name name) throws FsException {
    Inode directory = inodes.get(parent);
    Entry held = holds.areDue() ? lookupHeld(directory, name) : null;
    return held == null ? entry(source.find(directory.node(), name)) : held;
  }

  /** Looks a file up that can be opened afterwards whatever happens to the name; null if not. */
  private @Nullable Entry lookupHeld(Inode directory, Name name) throws FsException {
    for (int tries = 0; tries < HOLD_TRIES; tries++) {
      Pin pin = pinOrNull(directory, name);
      if (pin == null) {
        return null;
      }
      boolean taken = false;
      try {
        Found found = source.find(directory.node(), name);
        if (!found.attributes().isRegular()) {
          return entry(found);
        }
        if (found.node().id().equals(pin.id())) {
          Inode inode = inodes.reference(found.node());
          taken = true;
          holds.hold(inode, pin);
          return new Entry(inode.id(), found.attributes());
        }
        source.doubt(directory.node(), name);
      } finally {
        if (!taken) {
          pin.close();
        }
      }
    }
    return null;
  }

  private @Nullable Pin pinOrNull(Inode directory, Name name) {
    try {
      return source.pin(directory.node(), name);
    } catch (FsException e) {
      // There is nothing to keep, or the operation itself will say what is wrong.
      return null;
    }
  }

  private FsException noted(FsException e) {
    if (e.errno() == Errno.ESTALE) {
      holds.noteGone();
    }
    return e;
  }

  private Entry entry(Found found) {
    return new Entry(inodes.reference(found.node()).id(), found.attributes());
  }

  @Override
  public void forget(long inodeId, long count) {
    inodes.forget(inodeId, count);
  }

  @Override
  public Entry symlink(Caller caller, long parent, Name name, byte[] target) throws FsException {
    return entry(source.symlink(caller, inodes.get(parent).node(), name, target));
  }

  @Override
  public Entry link(long inodeId, long newParent, Name newName) throws FsException {
    Inode inode = inodes.get(inodeId);
    return entry(source.link(inode.node(), inodes.get(newParent).node(), newName));
  }

  @Override
  public Entry mknod(Caller caller, long parent, Name name, int mode, int specialDevice)
      throws FsException {
    return entry(source.mknod(caller, inodes.get(parent).node(), name, mode, specialDevice));
  }

  @Override
  public Entry mkdir(Caller caller, long parent, Name name, int mode) throws FsException {
    return entry(source.mkdir(caller, inodes.get(parent).node(), name, mode));
  }

  @Override
  public void unlink(long parent, Name name) throws FsException {
    Inode directory = inodes.get(parent);
    removing(directory, name, () -> source.unlink(directory.node(), name));
  }

  @Override
  public void rmdir(long parent, Name name) throws FsException {
    Inode directory = inodes.get(parent);
    removing(directory, name, () -> source.rmdir(directory.node(), name));
  }

  @Override
  public void rename(long parent, Name name, long newParent, Name newName, int flags)
      throws FsException {
    Inode from = inodes.get(parent);
    Inode to = inodes.get(newParent);
    Removal renaming =
        () -> source.rename(from.node(), name, to.node(), newName, flags, this::findNode);
    if ((flags & RENAME_EXCHANGE) == 0) {
      removing(to, newName, renaming);
    } else {
      renaming.run();
    }
  }

  private @Nullable SourceNode findNode(FileId id) {
    Inode inode = inodes.find(id);
    return inode == null ? null : inode.node();
  }

  /** An operation that may take the last name of a file away. */
  private interface Removal {
    void run() throws FsException;
  }

  /**
   * Runs the operation and, if the file that had the name is known to somebody, keeps it reachable
   * until it is forgotten: it may be in use without a name, as an open file, a working directory or
   * a path descriptor.
   */
  private void removing(Inode directory, Name name, Removal removal) throws FsException {
    Pin pin = pinIfKnown(directory, name);
    boolean removed = false;
    try {
      removal.run();
      removed = true;
    } finally {
      if (pin != null && !removed) {
        pin.close();
      }
    }
    Inode inode = pin == null ? null : inodes.find(pin.id());
    if (inode != null && pin != null) {
      inode.keep(pin);
    } else if (pin != null) {
      pin.close();
    }
  }

  private @Nullable Pin pinIfKnown(Inode directory, Name name) {
    Pin pin = pinOrNull(directory, name);
    if (pin != null && inodes.find(pin.id()) == null) {
      pin.close();
      return null;
    }
    return pin;
  }

  // --- Attributes ---

  @Override
  public Attributes attributes(long inodeId, long handle) throws FsException {
    if (handle != NO_HANDLE && handles.get(handle) instanceof OpenHandle.OfFile open) {
      return open.file().attributes();
    }
    Inode inode = inodes.get(inodeId);
    try {
      return source.attributes(inode.node());
    } catch (FsException e) {
      throw noted(e);
    }
  }

  @Override
  public Attributes setAttributes(long inodeId, long handle, AttributeChange change)
      throws FsException {
    AttributeChange rest = change;
    Long size = change.size();
    if (size != null && handle != NO_HANDLE) {
      OpenHandle.OfFile open = handles.file(handle);
      open.requireWritable();
      open.file().truncate(size);
      rest =
          new AttributeChange(
              change.mode(),
              change.uid(),
              change.gid(),
              null,
              change.accessed(),
              change.modified(),
              change.killPrivileges());
    }
    return source.change(inodes.get(inodeId).node(), rest);
  }

  @Override
  public Attributes killPrivileges(Caller caller, long inodeId) throws FsException {
    Inode inode = inodes.get(inodeId);
    Attributes now = source.attributes(inode.node());
    if (!now.isRegular() || (now.mode() & (Mode.SET_UID | Mode.SET_GID)) == 0) {
      return now;
    }
    if (caller.uid() != 0 && caller.uid() != now.uid() && !inode.isOpenForWriting()) {
      throw new FsException(Errno.EPERM);
    }
    return source.change(inode.node(), AttributeChange.NONE.withKillPrivileges());
  }

  @Override
  public long attributesLifetime(long inodeId) {
    Inode inode = inodes.find(inodeId);
    return inode == null ? 0 : source.attributesLifetime(inode.node());
  }

  @Override
  public long nameLifetime(long directory) {
    Inode inode = inodes.find(directory);
    return inode == null ? 0 : source.nameLifetime(inode.node());
  }

  @Override
  public long absenceLifetime(long directory) {
    Inode inode = inodes.find(directory);
    return inode == null ? 0 : source.absenceLifetime(inode.node());
  }

  @Override
  public byte[] readlink(long inodeId) throws FsException {
    return source.readlink(inodes.get(inodeId).node());
  }

  @Override
  public void access(Caller caller, long inodeId, int mask) throws FsException {
    source.access(caller, inodes.get(inodeId).node(), mask);
  }

  @Override
  public StatFs statfs(long inodeId) throws FsException {
    return source.statfs(inodes.get(inodeId).node());
  }

  // --- Extended attributes ---

  @Override
  public byte[] xattr(long inodeId, byte[] name) throws FsException {
    return source.xattr(inodes.get(inodeId).node(), name);
  }

  @Override
  public void setXattr(long inodeId, byte[] name, byte[] value, int flags) throws FsException {
    source.setXattr(inodes.get(inodeId).node(), name, value, flags);
  }

  @Override
  public List<byte[]> listXattrs(Caller caller, long inodeId) throws FsException {
    byte[] names = source.listXattrs(inodes.get(inodeId).node());
    List<byte[]> list = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < names.length; i++) {
      if (names[i] == 0) {
        byte[] name = Arrays.copyOfRange(names, start, i);
        if (caller.uid() == 0 || !isTrusted(name)) {
          list.add(name);
        }
        start = i + 1;
      }
    }
    return list;
  }

  private static boolean isTrusted(byte[] name) {
    return name.length >= TRUSTED.length
        && Arrays.equals(name, 0, TRUSTED.length, TRUSTED, 0, TRUSTED.length);
  }

  @Override
  public void removeXattr(long inodeId, byte[] name) throws FsException {
    source.removeXattr(inodes.get(inodeId).node(), name);
  }

  // --- Open files ---

  @Override
  public OpenFile open(long inodeId, int flags) throws FsException {
    Inode inode = inodes.get(inodeId);
    Source.Opened opened;
    try {
      opened = source.open(inode.node(), sourceFlags(flags));
    } catch (FsException e) {
      throw noted(e);
    }
    inode.endHold();
    boolean keepCache = inode.sameContentAs(opened.attributes(), time.instant());
    return new OpenFile(handles.add(inode, opened.file(), flags).number(), keepCache);
  }

  /** Reads and writes are buffered by whoever asked, so their memory need not be aligned. */
  private static int sourceFlags(int flags) {
    return flags & ~(OpenFlags.DIRECT | OpenFlags.CREATE | OpenFlags.EXCLUSIVE);
  }

  @Override
  public CreatedFile create(Caller caller, long parent, Name name, int mode, int flags)
      throws FsException {
    int sourceFlags = sourceFlags(flags) | (flags & OpenFlags.EXCLUSIVE);
    return created(
        source.create(caller, inodes.get(parent).node(), name, mode, sourceFlags), flags);
  }

  @Override
  public CreatedFile createUnnamed(Caller caller, long parent, int mode, int flags)
      throws FsException {
    int sourceFlags = sourceFlags(flags) | (flags & OpenFlags.EXCLUSIVE);
    return created(
        source.createUnnamed(caller, inodes.get(parent).node(), mode, sourceFlags), flags);
  }

  private CreatedFile created(Source.Created created, int flags) {
    Inode inode = inodes.reference(created.found().node());
    created.file().belongTo(inode.node());
    boolean keepCache = inode.sameContentAs(created.found().attributes(), time.instant());
    OpenHandle handle = handles.add(inode, created.file(), flags);
    return new CreatedFile(
        new Entry(inode.id(), created.found().attributes()),
        new OpenFile(handle.number(), keepCache));
  }

  @Override
  public int read(long handle, long offset, ByteBuffer target) throws FsException {
    OpenHandle.OfFile open = handles.file(handle);
    if (!open.mayRead()) {
      throw new FsException(Errno.EBADF, "not open for reading");
    }
    if (target.isDirect()) {
      return open.file().read(offset, target);
    }
    ByteBuffer direct = ByteBuffer.allocateDirect(target.remaining());
    int count = open.file().read(offset, direct);
    target.put(direct.flip());
    return count;
  }

  @Override
  public int write(long handle, long offset, ByteBuffer data, boolean killPrivileges)
      throws FsException {
    OpenHandle.OfFile open = handles.file(handle);
    open.requireWritable();
    ByteBuffer direct = data;
    if (!data.isDirect()) {
      direct = ByteBuffer.allocateDirect(data.remaining()).put(data.duplicate()).flip();
    }
    if (killPrivileges) {
      // Before the content changes, as Linux does: if this fails, nothing was written.
      source.change(open.inode().node(), AttributeChange.NONE.withKillPrivileges());
    }
    int count = open.file().write(offset, direct);
    if (!data.isDirect()) {
      data.position(data.position() + count);
    }
    return count;
  }

  @Override
  public void flush(long handle) throws FsException {
    OpenHandle.OfFile open = handles.file(handle);
    if (open.mayWrite()) {
      open.file().flush();
    }
  }

  @Override
  public void release(long handle) {
    handles.close(handle);
  }

  @Override
  public void fsync(long handle, boolean dataOnly) throws FsException {
    handles.file(handle).file().sync(dataOnly);
  }

  @Override
  public void fallocate(long handle, int mode, long offset, long length) throws FsException {
    OpenHandle.OfFile open = handles.file(handle);
    open.requireWritable();
    open.file().allocate(mode, offset, length);
  }

  @Override
  public long seek(long handle, long offset, int whence) throws FsException {
    return handles.file(handle).file().seek(offset, whence);
  }

  @Override
  public long copyRange(
      long sourceHandle, long sourceOffset, long targetHandle, long targetOffset, long length)
      throws FsException {
    OpenHandle.OfFile target = handles.file(targetHandle);
    return handles
        .file(sourceHandle)
        .file()
        .copyTo(sourceOffset, target.file(), targetOffset, length);
  }

  @Override
  public byte[] ioctl(long handle, int command, byte[] input, int outputSize) throws FsException {
    return handles.get(handle).ioctl(command, input, outputSize);
  }

  @Override
  public @Nullable Passthrough passthrough(long handle) {
    try {
      return handles.file(handle).file().passthrough();
    } catch (FsException e) {
      return null;
    }
  }

  // --- Open directories ---

  @Override
  public OpenFile openDirectory(long inodeId) throws FsException {
    Inode inode = inodes.get(inodeId);
    SourceDirectory directory = source.openDirectory(inode.node());
    boolean done = false;
    try {
      boolean same = inode.sameListingAs(directory.attributes(), time.instant(), listingLifetime);
      boolean keepCache = same && source.nameLifetime(inode.node()) > 0;
      OpenHandle handle = handles.add(inode, directory);
      done = true;
      return new OpenFile(handle.number(), keepCache);
    } finally {
      if (!done) {
        directory.close();
      }
    }
  }

  @Override
  public void readDirectory(long handle, long cookie, boolean withAttributes, DirectorySink sink)
      throws FsException {
    OpenHandle.OfDirectory open = handles.directory(handle);
    Inode inode = open.inode();
    SourceDirectory.Visitor visitor =
        (name, length, number, type, nextCookie) -> {
          Entry entry =
              withAttributes && !DirectorySink.isDots(name, length)
                  ? entryOrNull(inode, Arrays.copyOf(name, length))
                  : null;
          long visible = entry == null ? number : entry.attributes().inode();
          boolean accepted = false;
          try {
            accepted = sink.accept(name, length, visible, type, nextCookie, entry);
          } finally {
            if (entry != null && !accepted) {
              forget(entry.inodeId(), 1);
            }
          }
          return accepted;
        };
    if (withAttributes) {
      open.directory().listToFind(cookie, visitor);
    } else {
      open.directory().list(cookie, visitor);
    }
  }

  /**
   * A name that cannot be looked up is listed without attributes: it may go after it was listed,
   * and one bad name must not hide the others. Whoever looks it up meets the error.
   */
  private @Nullable Entry entryOrNull(Inode directory, byte[] name) {
    try {
      return entry(source.find(directory.node(), Name.of(name)));
    } catch (FsException e) {
      return null;
    }
  }

  @Override
  public void releaseDirectory(long handle) {
    handles.close(handle);
  }

  @Override
  public boolean listsUnopened() {
    return source.listsUnopened();
  }

  @Override
  public void fsyncDirectory(long handle, boolean dataOnly) throws FsException {
    handles.directory(handle).directory().sync(dataOnly);
  }

  @Override
  public void syncAll() throws FsException {
    source.syncAll();
  }

  @Override
  public void tell(@Nullable VfsListener listener) {
    told.tell(listener);
  }

  /** Returns how many inodes are handed out, the root included. */
  public int inodeCount() {
    return inodes.size();
  }

  /** Returns how many files and directories are open. */
  public int handleCount() {
    return handles.size();
  }

  @Override
  public void close() {
    source.tellNoMore(told);
    handles.closeAll();
    inodes.clear();
    holds.close();
    sourceEnd.run();
  }
}
