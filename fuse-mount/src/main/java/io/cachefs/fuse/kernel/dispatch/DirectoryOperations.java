package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.wire.Bodies;
import io.cachefs.fuse.kernel.wire.OpenReplyFlags;
import io.cachefs.vfs.DirectorySink;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import org.jspecify.annotations.Nullable;

/** Operations on open directories. Thread-safe. */
final class DirectoryOperations {
  private final Vfs vfs;
  private final ReplyAttributes attributes;

  DirectoryOperations(Vfs vfs, ReplyAttributes attributes) {
    this.vfs = vfs;
    this.attributes = attributes;
  }

  void openDirectory(Exchange x) throws FsException {
    Object unused = Bodies.Open.of(x.request());
    OpenFile directory = vfs.openDirectory(x.request().node());
    x.handsOutHandle(directory.handle());
    x.givesDirectoryHandle = true;
    int keep = directory.keepCache() ? OpenReplyFlags.KEEP_CACHE : 0;
    x.reply().open(directory.handle(), OpenReplyFlags.CACHE_DIRECTORY | keep, 0);
  }

  void releaseDirectory(Exchange x) throws FsException {
    vfs.releaseDirectory(Bodies.Release.of(x.request()).handle());
  }

  void fsyncDirectory(Exchange x) throws FsException {
    Bodies.Fsync body = Bodies.Fsync.of(x.request());
    vfs.fsyncDirectory(body.handle(), body.dataOnly());
  }

  void readDirectory(Exchange x) throws FsException {
    Bodies.Read body = Bodies.Read.of(x.request());
    int limit = FileOperations.transferSize(body.size());
    listing(
        x,
        () ->
            vfs.readDirectory(
                body.handle(),
                body.offset(),
                false,
                (name, length, inode, type, next, entry) ->
                    x.reply().directoryEntry(limit, name, length, inode, type, next)));
  }

  void readDirectoryPlus(Exchange x) throws FsException {
    Bodies.Read body = Bodies.Read.of(x.request());
    int limit = FileOperations.transferSize(body.size());
    x.givesListing = true;
    listing(
        x, () -> vfs.readDirectory(body.handle(), body.offset(), true, new ListingReply(x, limit)));
  }

  private interface Listing {
    void run() throws FsException;
  }

  /** A failure after some entries ends the reply there; it comes again for the next request. */
  private static void listing(Exchange x, Listing listing) throws FsException {
    try {
      listing.run();
    } catch (FsException failure) {
      if (x.reply().bodyLength() == 0) {
        throw failure;
      }
    }
  }

  /** Entries with attributes; each one with an inode that fits hands out a reference. */
  private final class ListingReply implements DirectorySink {
    private final Exchange x;
    private final int limit;

    private ListingReply(Exchange x, int limit) {
      this.x = x;
      this.limit = limit;
    }

    @Override
    public boolean accept(
        byte[] name, int length, long inode, int type, long nextCookie, @Nullable Entry entry) {
      return x.reply()
          .directoryEntryPlus(
              limit,
              name,
              length,
              inode,
              type,
              nextCookie,
              entry == null ? 0 : entry.inodeId(),
              entry == null ? null : attributes.shown(entry.attributes()),
              attributes.timeouts());
    }
  }
}
