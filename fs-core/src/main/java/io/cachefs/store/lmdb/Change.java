package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.IndexAudit;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.format.KnownName;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One change of the index, as it is queued. */
// The arrays are not changed, and changes are not compared.
@SuppressWarnings("ArrayRecordComponent")
sealed interface Change {
  /** What a change weighs in the queue, in bytes, roughly. */
  default int weight() {
    return 200;
  }

  /** A null record removes it, and the extended attributes with it. */
  record OfInode(FileKey file, @Nullable InodeRecord record) implements Change {}

  /** A null name removes it. */
  record OfName(FileKey directory, Name name, @Nullable KnownName known) implements Change {}

  /** All names of a directory, in order. */
  record OfNames(FileKey directory, List<Entry> names) implements Change {
    @Override
    public int weight() {
      return 200 + names.size() * 100;
    }

    /** A name and what is known of it. */
    record Entry(Name name, KnownName known) {}
  }

  /** Several changes that are written together or not at all. */
  record Together(List<Change> changes) implements Change {
    @Override
    public int weight() {
      return changes.stream().mapToInt(Change::weight).sum();
    }
  }

  /** A null record removes it. */
  record OfXattrs(FileKey file, @Nullable XattrRecord record) implements Change {
    @Override
    public int weight() {
      return 1000;
    }
  }

  /** A null record removes it, with its data and blocks. */
  record OfContent(long id, @Nullable ContentRecord record) implements Change {}

  /** Data of a small content. */
  record OfInline(long id, byte[] data) implements Change {
    @Override
    public int weight() {
      return 200 + data.length;
    }
  }

  /** A part of the blocks of a content. */
  record OfBlocks(long id, int group, BlockGroup blocks) implements Change {
    @Override
    public int weight() {
      return 1500;
    }
  }

  /** The removal of all damaged records of a table. */
  record OfDamaged(IndexAudit.Table table) implements Change {}

  /** Totals counted anew, with those before beside them. */
  record OfRecount(AtomicReference<IndexAudit.@Nullable Balance> found) implements Change {}

  /** Nothing but the totals, which go with every batch. */
  record OfTotals() implements Change {}
}
