package io.cachefs.engine.check;

import io.cachefs.base.FileKey;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.engine.check.CheckJob.Noted;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.IndexAudit.Row;
import io.cachefs.store.IndexAudit.Table;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.NameRecord;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Looks through the records of an index, and whether they agree. Owned by one thread. */
final class RecordCheck {
  private static final int AT_ONCE = 128;
  private static final int SHOWN_KEY_BYTES = 24;

  private final CheckedParts parts;
  private final Index index;
  private final CheckJob job;

  RecordCheck(CheckedParts parts, CheckJob job) {
    this.parts = parts;
    this.index = parts.index();
    this.job = job;
  }

  void run() {
    for (Table table : Table.values()) {
      boolean isDamaged = false;
      List<Row> rows = parts.audit().rows(table, null, AT_ONCE);
      while (!rows.isEmpty() && !job.isCancelled()) {
        for (Row row : rows) {
          check(table, row);
          isDamaged |= row.damage() != null;
        }
        job.sawRecords(rows.size());
        rows = parts.audit().rows(table, rows.get(rows.size() - 1).key(), AT_ONCE);
      }
      if (isDamaged && job.repairs()) {
        parts.audit().removeDamaged(table);
      }
    }
  }

  private void check(Table table, Row row) {
    if (row.damage() != null) {
      damaged(table, row);
    } else if (table == Table.INLINE || table == Table.BLOCKS) {
      checkOwner(table, row);
    } else if (row.value() instanceof InodeRecord inode && row.file() != null) {
      checkInode(row.file(), inode);
    } else if (row.value() instanceof NameRecord name && row.file() != null && row.name() != null) {
      checkName(row.file(), row.name(), name);
    }
  }

  private void damaged(Table table, Row row) {
    // What is queued replaces it soon, and is right.
    FileKey file = row.file();
    ContentRecord content = row.id() == 0 ? null : index.content(row.id());
    if (job.repairs()) {
      if (table == Table.NAMES && file != null) {
        forgetListing(file);
      }
      if (row.id() != 0) {
        parts.data().drop(row.id());
      }
    }
    FileKey concerned = content == null ? file : content.file();
    String what =
        "a record of "
            + table.name().toLowerCase(Locale.ROOT)
            + " is damaged ("
            + row.damage()
            + "), key "
            + shown(row.key());
    job.found(new Noted(Kind.RECORD, concerned, row.name(), what, job.repairs()));
  }

  private static String shown(byte[] key) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(key.length, SHOWN_KEY_BYTES); i++) {
      text.append(String.format(Locale.ROOT, "%02x", key[i]));
    }
    return key.length > SHOWN_KEY_BYTES ? text + "..." : text.toString();
  }

  /** Data or blocks belong to a content, and blocks lie within it. */
  private void checkOwner(Table table, Row row) {
    long id = row.id();
    ContentRecord content = index.content(id);
    boolean isThere =
        table == Table.INLINE ? index.inline(id) != null : index.blocks(id, row.group()) != null;
    if (!isThere || parts.data().inUse(id)) {
      return;
    }
    if (content == null) {
      // Asked again after it: they come together, the content first.
      if (index.content(id) == null) {
        if (job.repairs()) {
          index.removeContent(id);
        }
        String what = table.name().toLowerCase(Locale.ROOT) + " of content " + hex(id);
        job.found(Kind.REFERENCE, null, what + ", which has no record", job.repairs());
      }
      return;
    }
    boolean isInline = (content.flags() & ContentRecord.INLINE) != 0;
    boolean isRight =
        table == Table.INLINE
            ? isInline
            : !isInline
                && row.group() >= 0
                && row.group() < Blocks.groups(content.version().size());
    if (!isRight) {
      drop(content);
      String what = table.name().toLowerCase(Locale.ROOT) + " that its content cannot have";
      job.found(Kind.REFERENCE, content.file(), what, job.repairs());
    }
  }

  private void drop(ContentRecord content) {
    if (job.repairs()) {
      parts.data().drop(content.id());
    }
  }

  /** An inode names a content of its own, or one that is gone. */
  private void checkInode(FileKey file, InodeRecord seen) {
    ContentRecord content = seen.contentId() == 0 ? null : index.content(seen.contentId());
    if (content == null || content.file().equals(file)) {
      return;
    }
    InodeRecord now = index.inode(file);
    if (now == null || now.contentId() != seen.contentId()) {
      return;
    }
    if (job.repairs()) {
      // What is asked for again cannot be older than what was put meanwhile.
      index.putInode(file, toBeAsked(now, 0, now.listed() != null));
    }
    String what = "refers to content " + hex(content.id()) + " of another file";
    job.found(Kind.REFERENCE, file, what, job.repairs());
  }

  private static InodeRecord toBeAsked(InodeRecord inode, long contentId, boolean listed) {
    return new InodeRecord(
        inode.attributes(),
        0,
        contentId,
        inode.flags(),
        listed ? inode.listed() : null,
        inode.handle(),
        inode.target());
  }

  /** A name is in a directory, and says of its file what the file says of itself. */
  private void checkName(FileKey directory, Name name, NameRecord seen) {
    String problem = problem(directory, seen);
    NameRecord now = problem == null ? null : index.name(directory, name);
    if (problem == null || now == null || problem(directory, now) == null) {
      return;
    }
    if (job.repairs()) {
      forgetListing(directory);
      index.removeName(directory, name);
    }
    job.found(new Noted(Kind.REFERENCE, directory, name, problem, job.repairs()));
  }

  private @Nullable String problem(FileKey directory, NameRecord name) {
    InodeRecord above = index.inode(directory);
    if (above != null && !above.attributes().isDirectory()) {
      return "a name in what is no directory";
    }
    FileKey child = name.child();
    InodeRecord inode = child == null ? null : index.inode(child);
    if (inode != null && (inode.attributes().mode() & Mode.TYPE_MASK) != name.type()) {
      return "the name and its file differ in the kind of file";
    }
    return null;
  }

  /** Before a name is taken away: what is listed without it would say that there is no file. */
  private void forgetListing(FileKey directory) {
    InodeRecord inode = index.inode(directory);
    if (inode != null && inode.listed() != null) {
      index.putInode(directory, toBeAsked(inode, inode.contentId(), false));
    }
  }

  private static String hex(long id) {
    return Long.toHexString(id);
  }
}
