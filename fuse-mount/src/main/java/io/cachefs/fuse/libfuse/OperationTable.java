package io.cachefs.fuse.libfuse;

import io.cachefs.fuse.MountOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * The {@code struct fuse_operations} of one mount. Must be kept reachable as long as libfuse may
 * call: it owns the native entry points of the callbacks.
 */
final class OperationTable {
  // Bits of the flags after bmap, fuse.h: paths may be missing where a handle is enough, are not
  // even computed there, and utimens understands UTIME_NOW and UTIME_OMIT.
  private static final int NULLPATH_OK = 1;
  private static final int NOPATH = 1 << 1;
  private static final int UTIME_OMIT_OK = 1 << 2;

  // Bits of fuse_conn_info.capable and want, fuse_common.h.
  private static final int CAP_BIG_WRITES = 1 << 5;
  private static final int CAP_DONT_MASK = 1 << 6;
  private static final int CAP_IOCTL_DIR = 1 << 11;

  // Offsets in struct fuse_conn_info.
  private static final int CAPABLE = 20;
  private static final int WANT = 24;
  private static final int MAX_BACKGROUND = 28;

  private final Pointer table;
  private final FuseOperations layout = new FuseOperations(Runtime.getSystemRuntime());

  /** The callbacks and their native entry points; jnr-ffi holds them weakly. */
  private final List<Object> kept = new ArrayList<>();

  private final AtomicReference<String> protocol = new AtomicReference<>("");
  private final int maxBackground;

  OperationTable(PathCalls calls) {
    MountOptions options = calls.options;
    this.table = Runtime.getSystemRuntime().getMemoryManager().allocateDirect(size(), true);
    this.maxBackground = options.threads();
    addNames(new NameCallbacks(calls));
    addAttributes(new AttributeCallbacks(calls), options.xattrs());
    addFiles(new FileCallbacks(calls));
    set(layout.init.offset(), Callbacks.PointerOne.class, this::init);
    table.putInt(layout.bmap.offset() + Long.BYTES, NULLPATH_OK | NOPATH | UTIME_OMIT_OK);
  }

  private void addNames(NameCallbacks names) {
    set(layout.getattr.offset(), Callbacks.Two.class, names::getattr);
    set(layout.readlink.offset(), Callbacks.Three.class, names::readlink);
    set(layout.mknod.offset(), Callbacks.Three.class, names::mknod);
    set(layout.mkdir.offset(), Callbacks.Two.class, names::mkdir);
    set(layout.unlink.offset(), Callbacks.One.class, names::unlink);
    set(layout.rmdir.offset(), Callbacks.One.class, names::rmdir);
    set(layout.symlink.offset(), Callbacks.Two.class, names::symlink);
    set(layout.rename.offset(), Callbacks.Two.class, names::rename);
    set(layout.link.offset(), Callbacks.Two.class, names::link);
  }

  private void addAttributes(AttributeCallbacks attributes, boolean xattrs) {
    set(layout.fgetattr.offset(), Callbacks.Three.class, attributes::fgetattr);
    set(layout.chmod.offset(), Callbacks.Two.class, attributes::chmod);
    set(layout.chown.offset(), Callbacks.Three.class, attributes::chown);
    set(layout.truncate.offset(), Callbacks.Two.class, attributes::truncate);
    set(layout.ftruncate.offset(), Callbacks.Three.class, attributes::ftruncate);
    set(layout.utimens.offset(), Callbacks.Two.class, attributes::utimens);
    set(layout.access.offset(), Callbacks.Two.class, attributes::access);
    set(layout.statfs.offset(), Callbacks.Two.class, attributes::statfs);
    if (xattrs) {
      set(layout.setxattr.offset(), Callbacks.Five.class, attributes::setxattr);
      set(layout.getxattr.offset(), Callbacks.Four.class, attributes::getxattr);
      set(layout.listxattr.offset(), Callbacks.Three.class, attributes::listxattr);
      set(layout.removexattr.offset(), Callbacks.Two.class, attributes::removexattr);
    }
  }

  private void addFiles(FileCallbacks files) {
    set(layout.open.offset(), Callbacks.Two.class, files::open);
    set(layout.create.offset(), Callbacks.Three.class, files::create);
    set(layout.read.offset(), Callbacks.Five.class, files::read);
    set(layout.write.offset(), Callbacks.Five.class, files::write);
    set(layout.flush.offset(), Callbacks.Two.class, files::flush);
    set(layout.release.offset(), Callbacks.Two.class, files::release);
    set(layout.fsync.offset(), Callbacks.Three.class, files::fsync);
    set(layout.fallocate.offset(), Callbacks.Five.class, files::fallocate);
    set(layout.ioctl.offset(), Callbacks.Six.class, files::ioctl);
    set(layout.opendir.offset(), Callbacks.Two.class, files::opendir);
    set(layout.readdir.offset(), Callbacks.Five.class, files::readdir);
    set(layout.releasedir.offset(), Callbacks.Two.class, files::releasedir);
    set(layout.fsyncdir.offset(), Callbacks.Three.class, files::fsyncdir);
  }

  private <T> void set(long offset, Class<T> type, T callback) {
    Pointer entry =
        Runtime.getSystemRuntime().getClosureManager().getClosurePointer(type, callback);
    kept.add(callback);
    kept.add(entry);
    table.putAddress(offset, entry.address());
  }

  /** Agrees with the kernel on what to use; libfuse takes no umask away from us then. */
  private long init(long connection) {
    int capable = Memory.int32(connection + CAPABLE);
    int wanted = CAP_DONT_MASK | CAP_BIG_WRITES | CAP_IOCTL_DIR;
    Memory.int32(connection + WANT, Memory.int32(connection + WANT) | (capable & wanted));
    int background = Memory.int32(connection + MAX_BACKGROUND);
    Memory.int32(connection + MAX_BACKGROUND, Math.max(background, maxBackground));
    protocol.set(
        Memory.int32(connection)
            + "."
            + Math.min(Memory.int32(connection + Integer.BYTES), DeviceChannel.MINOR));
    return 0;
  }

  /** Returns the FUSE protocol agreed on, or nothing before the kernel has asked. */
  String protocol() {
    return String.valueOf(protocol.get());
  }

  long address() {
    return table.address();
  }

  static int size() {
    return Layouts.OPERATIONS_SIZE;
  }
}
