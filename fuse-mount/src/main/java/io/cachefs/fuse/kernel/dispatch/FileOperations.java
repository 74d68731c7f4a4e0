package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Timestamp;
import io.cachefs.fuse.kernel.wire.Bodies;
import io.cachefs.fuse.kernel.wire.Request;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;

/** Operations on open files. Thread-safe. */
final class FileOperations {
  /** The most one reply of COPY_FILE_RANGE can report, MAX_RW_COUNT of the kernel. */
  private static final long MAX_COPY = 0x7ffff000L;

  /** Size of the output of an ioctl that its number can carry, 14 bits. */
  private static final int MAX_IOCTL_OUTPUT = 1 << 14;

  private final Vfs vfs;
  private final ReplyAttributes attributes;
  private final OpenModes modes;
  private final ChangeNotices notices;
  private final DirectoryOperations directories;

  FileOperations(
      Vfs vfs,
      ReplyAttributes attributes,
      OpenModes modes,
      ChangeNotices notices,
      DirectoryOperations directories) {
    this.vfs = vfs;
    this.attributes = attributes;
    this.modes = modes;
    this.notices = notices;
    this.directories = directories;
  }

  // --- Open and close ---

  void open(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Open body = Bodies.Open.of(in);
    long inode = in.node();
    OpenFile file = vfs.open(inode, body.flags());
    x.handsOutHandle(file.handle());
    if (mustKillPrivileges(body.openFlags())) {
      Attributes unused = killPrivileges(inode, file);
      // The kernel asks for the size after a truncation, not for the mode.
      notices.attributesChanged(inode);
    }
    answer(x, inode, file, body.flags());
  }

  void create(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Create body = Bodies.Create.of(in);
    CreatedFile created =
        vfs.create(
            x.caller(body.umask()),
            in.node(),
            in.name(Bodies.Create.SIZE),
            body.mode(),
            body.flags());
    answer(x, created, body);
  }

  void createUnnamed(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Create body = Bodies.Create.of(in);
    answer(
        x, vfs.createUnnamed(x.caller(body.umask()), in.node(), body.mode(), body.flags()), body);
  }

  private void answer(Exchange x, CreatedFile created, Bodies.Create body) throws FsException {
    long inode = created.entry().inodeId();
    x.handsOut(inode);
    x.handsOutHandle(created.file().handle());
    Attributes found = created.entry().attributes();
    if (mustKillPrivileges(body.openFlags()) && !isNew(found)) {
      found = killPrivileges(inode, created.file());
    }
    x.reply()
        .entry(
            inode,
            attributes.shown(found),
            attributes.nameLifetime(x, x.request().node()),
            attributes.lifetime(x, inode));
    answer(x, inode, created.file(), body.flags());
  }

  private static boolean mustKillPrivileges(int openFlags) {
    return (openFlags & Bodies.OPEN_KILL_PRIVILEGES) != 0;
  }

  private Attributes killPrivileges(long inode, OpenFile file) throws FsException {
    return vfs.setAttributes(inode, file.handle(), AttributeChange.NONE.withKillPrivileges());
  }

  /** A file that was there before has a history; the bits a new one was made with are meant. */
  private static boolean isNew(Attributes found) {
    Timestamp born = found.born() == null ? found.accessed() : found.born();
    return born.equals(found.changed());
  }

  private void answer(Exchange x, long inode, OpenFile file, int flags) {
    OpenModes.Decision decision =
        modes.opened(inode, file.handle(), flags, file.keepCache(), vfs::passthrough);
    x.reply().open(file.handle(), decision.flags(), decision.backingId());
  }

  /** Takes back an open that the kernel was not told of. */
  void takeBackOpen(long inode, long handle) {
    boolean unused = modes.released(inode, handle);
    vfs.release(handle);
  }

  void flush(Exchange x) throws FsException {
    Bodies.Release body = Bodies.Release.of(x.request());
    long inode = x.request().node();
    vfs.flush(body.handle());
    if (modes.writesByItself(inode, body.handle())) {
      notices.attributesChanged(inode);
    }
  }

  void release(Exchange x) throws FsException {
    Bodies.Release body = Bodies.Release.of(x.request());
    long inode = x.request().node();
    // Only now that the descriptor is about to be closed may the registration end: the kernel has
    // its own reference to the file.
    boolean mayHaveChanged = modes.released(inode, body.handle());
    vfs.release(body.handle());
    if (mayHaveChanged) {
      // Stores through a mapping change the file without telling the kernel's copy of its
      // attributes (seen on Linux 6.18).
      notices.attributesChanged(inode);
    }
  }

  // --- Content ---

  void read(Exchange x) throws FsException {
    Bodies.Read body = Bodies.Read.of(x.request());
    int size = transferSize(body.size());
    ByteBuffer target = x.replyWindow(size);
    int read = vfs.read(body.handle(), body.offset(), target);
    if (read < 0 || read > size) {
      throw new IllegalStateException("read returned " + read + " of " + size);
    }
    x.reply().written(read);
  }

  void write(Exchange x) throws FsException {
    Bodies.Write body = Bodies.Write.of(x.request());
    ByteBuffer data = x.requestWindow(Bodies.Write.SIZE, body.size());
    boolean killPrivileges = (body.writeFlags() & Bodies.WRITE_KILL_PRIVILEGES) != 0;
    x.reply().written32(vfs.write(body.handle(), body.offset(), data, killPrivileges));
  }

  void fsync(Exchange x) throws FsException {
    Bodies.Fsync body = Bodies.Fsync.of(x.request());
    vfs.fsync(body.handle(), body.dataOnly());
  }

  void fallocate(Exchange x) throws FsException {
    Bodies.Fallocate body = Bodies.Fallocate.of(x.request());
    vfs.fallocate(body.handle(), body.mode(), body.offset(), body.length());
  }

  void seek(Exchange x) throws FsException {
    Bodies.Seek body = Bodies.Seek.of(x.request());
    x.reply().number(vfs.seek(body.handle(), body.offset(), body.whence()));
  }

  void copyRange(Exchange x) throws FsException {
    Bodies.CopyRange body = Bodies.CopyRange.of(x.request());
    x.reply().written32((int) copy(body, Math.min(body.length(), MAX_COPY)));
  }

  void copyRange64(Exchange x) throws FsException {
    Bodies.CopyRange body = Bodies.CopyRange.of(x.request());
    x.reply().number(copy(body, body.length()));
  }

  private long copy(Bodies.CopyRange body, long length) throws FsException {
    return vfs.copyRange(
        body.sourceHandle(), body.sourceOffset(), body.targetHandle(), body.targetOffset(), length);
  }

  void ioctl(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Ioctl body = Bodies.Ioctl.of(in);
    if ((body.flags() & Bodies.IOCTL_UNRESTRICTED) != 0) {
      throw new FsException(Errno.ENOTTY);
    }
    byte[] input = in.bytes(Bodies.Ioctl.SIZE, body.inputSize());
    int outputSize = body.outputSize();
    if (outputSize < 0 || outputSize > MAX_IOCTL_OUTPUT) {
      throw new FsException(Errno.EINVAL);
    }
    boolean ofDirectory = (body.flags() & Bodies.IOCTL_DIRECTORY) != 0;
    byte[] output =
        ofDirectory
            ? directories.withHandle(
                in.node(),
                body.handle(),
                handle -> vfs.ioctl(handle, body.command(), input, outputSize))
            : vfs.ioctl(body.handle(), body.command(), input, outputSize);
    if (output.length > outputSize) {
      throw new IllegalStateException("ioctl output of " + output.length + " bytes");
    }
    x.reply().ioctl(output);
  }

  /** Returns a size asked for, within what was agreed on. */
  static int transferSize(int asked) throws FsException {
    if (asked < 0) {
      throw new FsException(Errno.EINVAL);
    }
    return Math.min(asked, Exchange.MAX_TRANSFER);
  }
}
