package io.cachefs.engine.check;

import io.cachefs.cache.budget.Bounds;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.store.BlobStore;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.StoreException;
import java.util.List;

/** Looks through every content: who refers to it, its blob, and each block. Owned by one thread. */
final class ContentCheck {
  private static final int AT_ONCE = 64;

  /** A file system keeps where the pieces of a file are in blocks that count as the file's. */
  private static final long SLACK_BYTES = 64 << 10;

  private static final int SLACK_PART = 8;

  private static final int KNOWN_FLAGS =
      ContentRecord.INLINE | ContentRecord.COMPLETE | ContentRecord.PINNED | ContentRecord.WRITTEN;

  private final CheckedParts parts;
  private final Index index;
  private final CheckJob job;
  private final BlockCheck blocks;

  ContentCheck(CheckedParts parts, CheckJob job) {
    this.parts = parts;
    this.index = parts.index();
    this.job = job;
    this.blocks = new BlockCheck(parts, job);
  }

  void run() throws StoreException {
    List<ContentRecord> contents = index.contentsFrom(0, AT_ONCE);
    while (!contents.isEmpty() && !job.isCancelled()) {
      for (ContentRecord content : contents) {
        check(content);
        job.sawContent();
      }
      contents = index.contentsFrom(contents.get(contents.size() - 1).id() + 1, AT_ONCE);
    }
  }

  private void check(ContentRecord content) throws StoreException {
    long id = content.id();
    if (isUnreachable(content)) {
      found(content, Kind.REFERENCE, "content " + Long.toHexString(id) + " that no file has");
      return;
    }
    if ((content.flags() & ~KNOWN_FLAGS) != 0 || content.version().size() < 0) {
      found(content, Kind.RECORD, "content " + Long.toHexString(id) + " of an unknown kind");
      return;
    }
    if ((content.flags() & ContentRecord.INLINE) != 0) {
      checkInline(content);
      return;
    }
    int groups = Blocks.groups(content.version().size());
    long present = present(content);
    if (present > 0 && !hasRightBlob(content)) {
      return;
    }
    long all = Blocks.count(content.version().size());
    boolean isComplete = (content.flags() & ContentRecord.COMPLETE) != 0;
    // Counted once more: the record comes a moment before the last blocks.
    if (isComplete && present != all && isUnchanged(content) && present(content) != all) {
      found(content, Kind.BLOB, "counts as complete and is not");
      return;
    }
    for (int group = 0; group < groups && !job.isCancelled(); group++) {
      blocks.check(content, group);
    }
  }

  private long present(ContentRecord content) {
    long present = 0;
    for (int group = 0; group < Blocks.groups(content.version().size()); group++) {
      BlockGroup of = index.blocks(content.id(), group);
      present += of == null ? 0 : of.count();
    }
    return present;
  }

  /** Returns whether no use of its file would find it. */
  private boolean isUnreachable(ContentRecord content) {
    // In a cache in use the two records change one after the other, and eviction takes such ones.
    if (!parts.idle()) {
      return false;
    }
    InodeRecord inode = index.inode(content.file());
    return inode == null || inode.contentId() != content.id();
  }

  /** Returns whether a content is not in use and has the record that was seen. */
  private boolean isUnchanged(ContentRecord content) {
    return !parts.data().inUse(content.id()) && content.equals(index.content(content.id()));
  }

  private void checkInline(ContentRecord content) {
    byte[] data = index.inline(content.id());
    if ((data == null || data.length != content.version().size()) && isUnchanged(content)) {
      found(content, Kind.REFERENCE, "its data is not in the index, or of another size");
    }
  }

  private boolean hasRightBlob(ContentRecord content) throws StoreException {
    BlobStore.Stat stat = parts.blobs().stat(content.id());
    if (stat == null || stat.sizeBytes() != content.version().size()) {
      if (index.content(content.id()) == null) {
        return false;
      }
      String blob = "blob " + Long.toHexString(content.id());
      String what =
          stat == null
              ? blob + " is missing"
              : blob + " has " + stat.sizeBytes() + " bytes, not " + content.version().size();
      found(content, Kind.BLOB, what);
      return false;
    }
    long pages = Bounds.pages(stat.allocatedBytes());
    long slack = SLACK_BYTES + content.storedBytes() / SLACK_PART;
    if (pages > content.storedBytes() + slack && isUnchanged(content)) {
      found(content, Kind.BLOB, "takes " + pages + " bytes, noted are " + content.storedBytes());
      return false;
    }
    return true;
  }

  private void found(ContentRecord content, Kind kind, String what) {
    if (job.repairs()) {
      parts.data().drop(content.id());
    }
    job.found(kind, content.file(), what, job.repairs());
  }
}
