package io.cachefs.writeback.pending;

import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The files made here that are at the source now, as long as somebody uses them: they stay the same
 * object. Thread-safe.
 */
final class Aliases {
  private final Map<FileId, Alias> byFile = new ConcurrentHashMap<>();
  private final Map<Long, Alias> byInode = new ConcurrentHashMap<>();
  private final ReferenceQueue<LocalNode> unused = new ReferenceQueue<>();

  private static final class Alias extends WeakReference<LocalNode> {
    final FileId file;
    final long inode;

    Alias(LocalNode node, ReferenceQueue<LocalNode> queue, FileId file, long inode) {
      super(node, queue);
      this.file = file;
      this.inode = inode;
    }
  }

  /** Notes that {@code node} is {@code file} at the source, shown there under an inode number. */
  void add(LocalNode node, SourceNode file, long inode) {
    clear();
    Alias alias = new Alias(node, unused, file.id(), inode);
    byFile.put(alias.file, alias);
    byInode.put(inode, alias);
  }

  private void clear() {
    for (Reference<? extends LocalNode> gone = unused.poll(); gone != null; gone = unused.poll()) {
      Alias alias = (Alias) gone;
      byFile.remove(alias.file, alias);
      byInode.remove(alias.inode, alias);
    }
  }

  boolean isEmpty() {
    if (byFile.isEmpty()) {
      return true;
    }
    clear();
    return byFile.isEmpty();
  }

  @Nullable LocalNode of(FileId file) {
    Alias alias = byFile.get(file);
    return alias == null ? null : alias.get();
  }

  /** Returns the one whose file the base shows under an inode number. */
  @Nullable LocalNode ofInode(long inode) {
    Alias alias = byInode.get(inode);
    return alias == null ? null : alias.get();
  }
}
