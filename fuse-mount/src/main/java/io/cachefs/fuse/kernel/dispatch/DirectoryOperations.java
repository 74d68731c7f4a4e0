package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Errno;
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
  /** The handle of a directory that the kernel opened by itself. */
  private static final long NOT_OPENED = 0;

  private static final byte[] NOTHING = new byte[0];

  private final Vfs vfs;
  private final ReplyAttributes attributes;

  /** Or null if the kernel is to open directories. */
  private final @Nullable UnopenedListings unopened;

  DirectoryOperations(Vfs vfs, ReplyAttributes attributes, boolean opensUnasked) {
    this.vfs = vfs;
    this.attributes = attributes;
    this.unopened = opensUnasked ? new UnopenedListings(vfs) : null;
  }

  void openDirectory(Exchange x) throws FsException {
    Object unused = Bodies.Open.of(x.request());
    if (unopened != null) {
      // The kernel then opens directories by itself, keeps what they list as long as their time of
      // change is the same, and reads with the handle 0. It does not ask again.
      throw new FsException(Errno.ENOSYS);
    }
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
    byte[] unused =
        withHandle(
            x.request().node(),
            body.handle(),
            handle -> {
              vfs.fsyncDirectory(handle, body.dataOnly());
              return NOTHING;
            });
  }

  /** What is done with an open directory. */
  interface WithHandle {
    byte[] run(long handle) throws FsException;
  }

  /** Runs with the handle, or with one made for it where the kernel opens by itself. */
  byte[] withHandle(long inode, long handle, WithHandle use) throws FsException {
    if (unopened == null || handle != NOT_OPENED) {
      return use.run(handle);
    }
    long opened = vfs.openDirectory(inode).handle();
    try {
      return use.run(opened);
    } finally {
      vfs.releaseDirectory(opened);
    }
  }

  void readDirectory(Exchange x) throws FsException {
    Bodies.Read body = Bodies.Read.of(x.request());
    int limit = FileOperations.transferSize(body.size());
    list(
        x,
        body,
        false,
        (name, length, inode, type, next, entry) ->
            x.reply().directoryEntry(limit, name, length, inode, type, next));
  }

  void readDirectoryPlus(Exchange x) throws FsException {
    Bodies.Read body = Bodies.Read.of(x.request());
    int limit = FileOperations.transferSize(body.size());
    x.givesListing = true;
    list(x, body, true, new ListingReply(x, limit));
    if (attributes.mayBeOld(x)) {
      boolean allOld = attributes.isOld(x, x.request().node());
      x.reply().expireEntriesPlus(inode -> allOld || attributes.isOld(x, inode));
    }
  }

  /** A failure after some entries ends the reply there; it comes again for the next request. */
  private void list(Exchange x, Bodies.Read body, boolean plus, DirectorySink sink)
      throws FsException {
    try {
      if (unopened != null && body.handle() == NOT_OPENED) {
        listUnopened(unopened, x, body, plus, sink);
      } else {
        vfs.readDirectory(body.handle(), body.offset(), plus, sink);
      }
    } catch (FsException failure) {
      if (x.reply().bodyLength() == 0) {
        throw failure;
      }
    }
  }

  private void listUnopened(
      UnopenedListings listings, Exchange x, Bodies.Read body, boolean plus, DirectorySink sink)
      throws FsException {
    UnopenedListings.Listing listing = listings.use(x.request().node(), body.offset());
    boolean atEnd = false;
    try {
      vfs.readDirectory(
          listing.handle(),
          UnopenedListings.inside(body.offset()),
          plus,
          (name, length, inode, type, next, entry) ->
              sink.accept(name, length, inode, type, listing.outside(next), entry));
      atEnd = x.reply().bodyLength() == 0;
    } finally {
      listings.done(listing, atEnd);
    }
  }

  /** Entries with attributes; each one with an inode that fits hands out a reference. */
  private final class ListingReply implements DirectorySink {
    private static final long UNKNOWN = -1;

    private final Exchange x;
    private final int limit;
    private long nameNanos = UNKNOWN;

    private ListingReply(Exchange x, int limit) {
      this.x = x;
      this.limit = limit;
    }

    @Override
    public boolean accept(
        byte[] name, int length, long inode, int type, long nextCookie, @Nullable Entry entry) {
      if (nameNanos == UNKNOWN) {
        // Only now, with the first entry: the directory may have been asked a moment ago.
        nameNanos = attributes.nameLifetime(x, x.request().node());
      }
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
              entry == null ? 0 : nameNanos,
              entry == null ? 0 : attributes.lifetime(x, entry.inodeId()));
    }
  }
}
