package io.cachefs.cache.files;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.cachefs.base.Mode;
import io.cachefs.cache.metadata.FileKeys;
import io.cachefs.cache.metadata.Questions;
import io.cachefs.source.FileId;
import org.jspecify.annotations.Nullable;

/**
 * The one object of each file, and what is kept in memory though nobody uses it now: names and
 * listings, with the files they lead to, those used lately and at most so many bytes. Thread-safe.
 */
final class NodeTable {
  /** What a name with its file takes, from the layout of the objects; the name itself is added. */
  private static final int NAME_BYTES = 600;

  /** Tidied up by whoever uses it: waking another thread for that costs more. */
  private final Cache<FileId, CachedNode> nodes =
      Caffeine.newBuilder().weakValues().executor(Runnable::run).build();

  private final Cache<Object, Object> kept;
  private final FileKeys keys;
  private final Questions questions;
  private final Records records;

  NodeTable(FileKeys keys, Questions questions, Records records, long bytes) {
    this.keys = keys;
    this.questions = questions;
    this.records = records;
    this.kept =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((Object thing, Object same) -> weight(thing))
            .evictionListener((thing, same, cause) -> dropped(thing))
            .executor(Runnable::run)
            .build();
  }

  private static int weight(Object thing) {
    if (thing instanceof KeptListing listing) {
      return listing.complete.listing().bytes();
    }
    return NAME_BYTES + ((NameEntry) thing).name.length();
  }

  /** A listing and the directory that has it; told from others by identity. */
  private static final class KeptListing {
    private final DirectoryState directory;
    private final DirectoryState.Complete complete;

    KeptListing(DirectoryState directory, DirectoryState.Complete complete) {
      this.directory = directory;
      this.complete = complete;
    }
  }

  private static void dropped(@Nullable Object thing) {
    if (thing instanceof NameEntry entry) {
      DirectoryState directory = entry.directory.directory();
      if (directory != null) {
        directory.names.remove(entry.name, entry);
      }
    } else if (thing instanceof KeptListing listing
        && listing.directory.complete == listing.complete) {
      listing.directory.complete = null;
    }
  }

  /** Returns the object of a file; if it is new, with what the index knows of it. */
  CachedNode of(FileId id, int type) {
    CachedNode known = nodes.getIfPresent(id);
    if (known != null && known.type() == (type & Mode.TYPE_MASK)) {
      return known;
    }
    if (known != null) {
      // Where birth times are coarse, a new file can have the number and the time of one that just
      // went.
      nodes.asMap().remove(id, known);
    }
    CachedNode made = new CachedNode(id, keys.key(id), type, questions);
    records.load(made);
    return nodes.get(id, absent -> made);
  }

  /** Forgets a file that is gone: another may get its number. */
  void forget(CachedNode node) {
    nodes.asMap().remove(node.id(), node);
  }

  /** Returns the object of a file if there is one. */
  @Nullable CachedNode find(FileId id) {
    return nodes.getIfPresent(id);
  }

  /** Keeps an entry and its file in memory. */
  void keep(NameEntry entry) {
    kept.put(entry, entry);
  }

  /** Notes that an entry was used. */
  void used(NameEntry entry) {
    var unused = kept.getIfPresent(entry);
  }

  /** No longer keeps an entry. */
  void drop(NameEntry entry) {
    kept.invalidate(entry);
  }

  /** Keeps a listing in memory. */
  void keep(DirectoryState directory, DirectoryState.Complete complete) {
    KeptListing listing = new KeptListing(directory, complete);
    kept.put(listing, listing);
  }

  /** Returns how many names and listings are kept. */
  long size() {
    return kept.estimatedSize();
  }
}
