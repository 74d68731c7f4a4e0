package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.ErrnoReply;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.kernel.wire.Bodies;
import io.cachefs.fuse.kernel.wire.Opcode;
import io.cachefs.fuse.kernel.wire.Request;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.vfs.Vfs;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves one request on the thread that brings it. Thread-safe.
 *
 * <p>A request that only reads may be answered before it ends, with EINTR, when the kernel says
 * that its caller was interrupted and that caller is dying; what it finds then is dropped, and
 * references it took are given back. One that changes something runs to its end.
 */
public final class Dispatcher {
  private final Vfs vfs;
  private final OpenModes modes;
  private final InFlight inFlight;
  private final InterruptedCallers callers;
  private final ErrnoReply errnos;
  private final OperationMetrics metrics;
  private final LongSupplier nanoTime;
  private final ChangeNotices notices;
  private final boolean extendedSetXattr;

  private final NameOperations names;
  private final InodeOperations inodes;
  private final FileOperations files;
  private final DirectoryOperations directories;

  /** What a dispatcher works with. */
  public record Parts(
      Vfs vfs,
      MountOptions options,
      OpenModes modes,
      ChangeNotices notices,
      InFlight inFlight,
      InterruptedCallers callers,
      ErrnoReply errnos,
      OperationMetrics metrics,
      LongSupplier nanoTime) {}

  /** {@code extendedSetXattr} says whether the kernel sends the long form of SETXATTR. */
  public Dispatcher(Parts parts, boolean extendedSetXattr) {
    this.vfs = parts.vfs();
    this.modes = parts.modes();
    this.inFlight = parts.inFlight();
    this.callers = parts.callers();
    this.errnos = parts.errnos();
    this.metrics = parts.metrics();
    this.nanoTime = parts.nanoTime();
    this.notices = parts.notices();
    this.extendedSetXattr = extendedSetXattr;
    ReplyAttributes attributes = new ReplyAttributes(parts.options(), vfs, notices);
    names = new NameOperations(vfs, attributes);
    inodes = new InodeOperations(vfs, attributes, parts.options().xattrs());
    boolean opensUnasked = parts.options().defaultPermissions() && vfs.listsUnopened();
    directories = new DirectoryOperations(vfs, attributes, opensUnasked);
    files = new FileOperations(vfs, attributes, modes, notices, directories);
  }

  /** Serves the request of {@code length} bytes in the memory of {@code x}; never throws. */
  public void serve(Exchange x, int length) {
    long start = nanoTime.getAsLong();
    Request in = x.request();
    Opcode opcode = null;
    int errno;
    try {
      if (length < Request.HEADER) {
        // There is no number to answer to. The kernel never does this.
        return;
      }
      errno = 0;
      x.beginReply(length);
      x.announcedBefore = notices.announced();
      opcode = Opcode.find(in.opcode());
      if (opcode == null || opcode.mayBlock()) {
        x.startServing(in.unique(), opcode != null && opcode.onlyReads());
      }
      in.received(length);
      if (opcode == null) {
        throw new FsException(Errno.ENOSYS);
      }
      if (!opcode.mayBlock()) {
        serveAtOnce(x, opcode);
      } else {
        run(x, opcode);
      }
    } catch (Throwable failure) {
      errno = errnos.of(failure, opcode == null ? "request" : opcode.name());
    }
    answer(x, opcode, errno);
    if (opcode != null) {
      metrics.record(opcode.number(), nanoTime.getAsLong() - start, errno != 0);
    }
  }

  private void answer(Exchange x, @Nullable Opcode opcode, int errno) {
    long unique = x.request().unique();
    boolean wanted = x.finishServing(unique, opcode != null && opcode.onlyReads());
    if (opcode != null && !expectsReply(opcode)) {
      return;
    }
    try {
      if (errno != 0) {
        takeBack(x);
        x.reply().clear();
      }
      if (!wanted) {
        takeBack(x);
        return;
      }
      x.reply().finish(unique, errno);
      if (!x.send() && errno == 0) {
        takeBack(x);
      }
    } catch (RuntimeException bug) {
      int unused = errnos.of(bug, "reply");
    }
  }

  private static boolean expectsReply(Opcode opcode) {
    return opcode != Opcode.FORGET && opcode != Opcode.BATCH_FORGET && opcode != Opcode.INTERRUPT;
  }

  /** Gives back what the kernel will not hear of. */
  private void takeBack(Exchange x) {
    if (x.givesHandle && x.givesDirectoryHandle) {
      vfs.releaseDirectory(x.givenHandle);
    } else if (x.givesHandle) {
      files.takeBackOpen(x.givenInode != 0 ? x.givenInode : x.request().node(), x.givenHandle);
    }
    x.givesHandle = false;
    if (x.givenInode != 0) {
      vfs.forget(x.givenInode, 1);
      x.givenInode = 0;
    }
    if (x.givesListing) {
      x.givesListing = false;
      int end = x.reply().bodyLength();
      for (int at = 0; at < end; at = x.reply().nextEntryPlus(at)) {
        long inode = x.reply().inodeOfEntryPlus(at);
        if (inode != 0) {
          vfs.forget(inode, 1);
        }
      }
    }
  }

  // --- Requests that are served from memory ---

  private void serveAtOnce(Exchange x, Opcode opcode) throws FsException {
    Request in = x.request();
    switch (opcode) {
      case FORGET -> forget(in.node(), Bodies.Forget.of(in).count());
      case BATCH_FORGET -> {
        int count = Bodies.BatchForget.of(in).count();
        for (int i = 0; i < count; i++) {
          forget(Bodies.BatchForget.inode(in, i), Bodies.BatchForget.references(in, i));
        }
      }
      case INTERRUPT -> interrupt(x, Bodies.Interrupt.of(in).unique());
      default -> {
        // DESTROY: the reply is all it wants.
      }
    }
  }

  private void forget(long inode, long references) {
    // The kernel gives back all it has in one go when it drops an inode.
    modes.forgotten(inode);
    notices.forgotten(inode);
    vfs.forget(inode, references);
  }

  private void interrupt(Exchange x, long unique) {
    switch (inFlight.interrupt(unique, callers)) {
      case TAKEN -> send(x, unique, Errno.EINTR);
      // Not here yet or not any more. EAGAIN makes the kernel say it again unless it has the
      // answer, and is an error that nobody minds if it has.
      case NOT_HERE -> send(x, x.request().unique(), Errno.EAGAIN);
      case CALLER_LIVES -> callers.askAgain(x.request().unique());
      case KEEPS_RUNNING -> {}
    }
  }

  /** Sends an error in the place of the thread that serves {@code unique}. */
  private void send(Exchange x, long unique, Errno errno) {
    x.reply().clear();
    x.reply().finish(unique, errno.number());
    boolean unused = x.send();
  }

  /** Answers with an error a request that cannot be served; its bytes are in {@code x}. */
  public void refuse(Exchange x, int length, Errno errno) {
    x.beginReply(length);
    send(x, x.request().unique(), errno);
  }

  // --- The table ---

  private void run(Exchange x, Opcode opcode) throws FsException {
    switch (opcode) {
      case LOOKUP -> names.lookup(x);
      case SYMLINK -> names.symlink(x);
      case MKNOD -> names.mknod(x);
      case MKDIR -> names.mkdir(x);
      case UNLINK -> names.unlink(x);
      case RMDIR -> names.rmdir(x);
      case RENAME -> names.rename(x, Bodies.Rename.of(x.request()));
      case RENAME2 -> names.rename(x, Bodies.Rename.withFlags(x.request()));
      case LINK -> names.link(x);
      case GETATTR -> inodes.getAttributes(x);
      case SETATTR -> inodes.setAttributes(x);
      case STATX -> inodes.statx(x);
      case READLINK -> inodes.readlink(x);
      case ACCESS -> inodes.access(x);
      case STATFS -> inodes.statfs(x);
      case SETXATTR -> inodes.setXattr(x, extendedSetXattr);
      case GETXATTR -> inodes.getXattr(x);
      case LISTXATTR -> inodes.listXattrs(x);
      case REMOVEXATTR -> inodes.removeXattr(x);
      case OPEN -> files.open(x);
      case CREATE -> files.create(x);
      case TMPFILE -> files.createUnnamed(x);
      case READ -> files.read(x);
      case WRITE -> files.write(x);
      case FLUSH -> files.flush(x);
      case RELEASE -> files.release(x);
      case FSYNC -> files.fsync(x);
      case FALLOCATE -> files.fallocate(x);
      case LSEEK -> files.seek(x);
      case COPY_FILE_RANGE -> files.copyRange(x);
      case COPY_FILE_RANGE_64 -> files.copyRange64(x);
      case IOCTL -> files.ioctl(x);
      case SYNCFS -> vfs.syncAll();
      case OPENDIR -> directories.openDirectory(x);
      case READDIR -> directories.readDirectory(x);
      case READDIRPLUS -> directories.readDirectoryPlus(x);
      case RELEASEDIR -> directories.releaseDirectory(x);
      case FSYNCDIR -> directories.fsyncDirectory(x);
      default -> throw new FsException(Errno.EIO, opcode + " at this time");
    }
  }
}
