package io.cachefs.fuse.libfuse;

import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.StatFs;
import io.cachefs.base.Timestamp;
import io.cachefs.fuse.MountOptions;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import ru.serce.jnrfuse.struct.FileStat;
import ru.serce.jnrfuse.struct.FuseContext;
import ru.serce.jnrfuse.struct.FuseFileInfo;
import ru.serce.jnrfuse.struct.FuseOperations;
import ru.serce.jnrfuse.struct.Statvfs;
import ru.serce.jnrfuse.struct.Timespec;

/**
 * Reads and writes libfuse's structures by address. Where a field is comes from jnr-fuse, once; its
 * objects are not used for the single call, where they would cost twenty allocations a stat.
 */
final class Layouts {
  private static final Runtime RUNTIME = Runtime.getSystemRuntime();
  private static final Pointer ANY = RUNTIME.getMemoryManager().allocateDirect(512);
  private static final FileStat STAT = FileStat.of(ANY);
  private static final FuseFileInfo FILE = FuseFileInfo.of(ANY);
  private static final FuseContext CONTEXT = FuseContext.of(ANY);
  private static final Statvfs STATFS = Statvfs.of(ANY);

  static final int STAT_SIZE = Struct.size(STAT);
  static final int OPERATIONS_SIZE = Struct.size(new FuseOperations(RUNTIME));

  /** x86-64 has a wide link count before the mode, other 64-bit machines a narrow one after it. */
  private static final boolean WIDE_LINK_COUNT = STAT.st_nlink.offset() < STAT.st_mode.offset();

  private Layouts() {}

  // --- struct stat ---

  /** Writes {@code attributes} with the owner and the permission bits that the mount shows. */
  static void writeStat(long stat, Attributes attributes, MountOptions options) {
    Memory.clear(stat, STAT_SIZE);
    Memory.int64(stat + STAT.st_dev.offset(), attributes.device());
    Memory.int64(stat + STAT.st_ino.offset(), attributes.inode());
    if (WIDE_LINK_COUNT) {
      Memory.int64(stat + STAT.st_nlink.offset(), attributes.linkCount());
    } else {
      Memory.int32(stat + STAT.st_nlink.offset(), attributes.linkCount());
    }
    Integer umask = options.umask();
    int mode = umask == null ? attributes.mode() : attributes.mode() & ~(umask & 0777);
    Memory.int32(stat + STAT.st_mode.offset(), mode);
    Integer uid = options.uid();
    Memory.int32(stat + STAT.st_uid.offset(), uid == null ? attributes.uid() : uid);
    Integer gid = options.gid();
    Memory.int32(stat + STAT.st_gid.offset(), gid == null ? attributes.gid() : gid);
    Memory.int64(stat + STAT.st_rdev.offset(), Integer.toUnsignedLong(attributes.specialDevice()));
    Memory.int64(stat + STAT.st_size.offset(), attributes.size());
    Memory.int32(stat + STAT.st_blksize.offset(), attributes.blockSize());
    Memory.int64(stat + STAT.st_blocks.offset(), attributes.blockCount());
    writeTime(stat, STAT.st_atim, attributes.accessed());
    writeTime(stat, STAT.st_mtim, attributes.modified());
    writeTime(stat, STAT.st_ctim, attributes.changed());
  }

  /** Writes what a directory entry tells: the inode number and the type. */
  static void writeDirent(long stat, long inode, int direntType) {
    Memory.int64(stat + STAT.st_ino.offset(), inode);
    Memory.int32(stat + STAT.st_mode.offset(), direntType << 12);
  }

  private static void writeTime(long stat, Timespec field, Timestamp time) {
    Memory.int64(stat + field.tv_sec.offset(), time.seconds());
    Memory.int64(stat + field.tv_nsec.offset(), time.nanos());
  }

  // --- struct statvfs ---

  static void writeStatFs(long statvfs, StatFs stats) {
    Memory.clear(statvfs, Struct.size(STATFS));
    Memory.int64(statvfs + STATFS.f_bsize.offset(), stats.blockSize());
    Memory.int64(statvfs + STATFS.f_frsize.offset(), stats.fragmentSize());
    Memory.int64(statvfs + STATFS.f_blocks.offset(), stats.blocks());
    Memory.int64(statvfs + STATFS.f_bfree.offset(), stats.freeBlocks());
    Memory.int64(statvfs + STATFS.f_bavail.offset(), stats.availableBlocks());
    Memory.int64(statvfs + STATFS.f_files.offset(), stats.files());
    Memory.int64(statvfs + STATFS.f_ffree.offset(), stats.freeFiles());
    Memory.int64(statvfs + STATFS.f_favail.offset(), stats.freeFiles());
    Memory.int64(statvfs + STATFS.f_namemax.offset(), stats.nameMax());
  }

  // --- struct fuse_file_info ---

  static int openFlags(long fileInfo) {
    return Memory.int32(fileInfo + FILE.flags.offset());
  }

  static long handle(long fileInfo) {
    return Memory.int64(fileInfo + FILE.fh.offset());
  }

  static void handle(long fileInfo, long handle) {
    Memory.int64(fileInfo + FILE.fh.offset(), handle);
  }

  // --- struct fuse_context ---

  static Caller caller(long context) {
    return new Caller(
        Memory.int32(context + CONTEXT.uid.offset()),
        Memory.int32(context + CONTEXT.gid.offset()),
        Memory.int32(context + CONTEXT.pid.offset()),
        Memory.int32(context + CONTEXT.umask.offset()));
  }
}
