package io.cachefs.store.blob;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.store.BlobStore.Visitor;
import io.cachefs.sys.FileCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Goes through the blobs of one directory after the other. Owned by one thread. */
final class ShardVisit {
  private static final byte[] SELF = {'.', 0};

  /** {@code d_name} of {@code struct linux_dirent64}. */
  private static final int NAME_OFFSET = 19;

  private static final int BUFFER_SIZE = 32 * 1024;

  private final FileCalls calls;
  private final Visitor visitor;
  private final ByteBuffer entries =
      ByteBuffer.allocateDirect(BUFFER_SIZE).order(ByteOrder.nativeOrder());

  /** Long enough for the name of a blob, the byte that ends it, and one more that is none. */
  private final byte[] name = new byte[18];

  ShardVisit(FileCalls calls, Visitor visitor) {
    this.calls = calls;
    this.visitor = visitor;
  }

  void visit(int directory) throws FsException {
    // The position of a descriptor is shared by all who use it, so a listing opens its own.
    int listing = calls.open(directory, SELF, OpenFlags.DIRECTORY, 0);
    try {
      entries.clear();
      int length = calls.readDirectory(listing, entries);
      while (length > 0) {
        for (int at = 0; at < length; at += entries.getShort(at + 16) & 0xffff) {
          visitEntry(directory, at);
        }
        entries.clear();
        length = calls.readDirectory(listing, entries);
      }
    } finally {
      calls.close(listing);
    }
  }

  private void visitEntry(int directory, int at) throws FsException {
    int length = 0;
    byte next = entries.get(at + NAME_OFFSET);
    while (next != 0 && length < name.length - 1) {
      name[length++] = next;
      next = entries.get(at + NAME_OFFSET + length);
    }
    name[length] = 0;
    if (!BlobNames.isName(name, length)) {
      return;
    }
    try {
      Attributes found = calls.attributes(directory, name, FileCalls.NO_FOLLOW);
      if (found.isRegular()) {
        visitor.blob(BlobNames.idOf(name), found.size(), found.blockCount() * FileBlob.SECTOR);
      }
    } catch (FsException e) {
      if (e.errno() != Errno.ENOENT) {
        throw e;
      }
      // Removed since it was listed.
    }
  }
}
