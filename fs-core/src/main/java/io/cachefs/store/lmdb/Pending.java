package io.cachefs.store.lmdb;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.format.KnownName;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The last queued change of everything that is queued, for readers. Thread-safe; changes are added
 * in the order of their numbers by one thread at a time.
 */
final class Pending {
  /**
   * What a key will stand for.
   *
   * @param number of the change
   * @param value null if it was removed
   */
  record Last<T>(long number, @Nullable T value) {}

  /** Names part of a group of blocks. */
  private record GroupKey(long id, int group) {}

  private final ConcurrentHashMap<FileKey, Last<InodeRecord>> inodes = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<FileKey, Last<XattrRecord>> xattrs = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<FileKey, PendingNames> names = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<Long, Last<ContentRecord>> contents =
      new ConcurrentSkipListMap<>();

  /** Removals of contents; they hide older data and blocks. */
  private final ConcurrentHashMap<Long, Last<ContentRecord>> removals = new ConcurrentHashMap<>();

  private final ConcurrentHashMap<Long, Last<byte[]>> inline = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<GroupKey, Last<BlockGroup>> blocks = new ConcurrentHashMap<>();

  @Nullable Last<InodeRecord> inode(FileKey file) {
    return inodes.get(file);
  }

  /** Returns the files that have something queued, in no order. */
  Collection<Map.Entry<FileKey, Last<InodeRecord>>> inodes() {
    return inodes.entrySet();
  }

  @Nullable Last<XattrRecord> xattrs(FileKey file) {
    return xattrs.get(file);
  }

  @Nullable Last<KnownName> name(FileKey directory, Name name) {
    PendingNames of = names.get(directory);
    return of == null ? null : of.find(name);
  }

  @Nullable PendingNames names(FileKey directory) {
    return names.get(directory);
  }

  @Nullable Last<ContentRecord> content(long id) {
    return contents.isEmpty() ? null : contents.get(id);
  }

  /** Returns what is queued from an id on, until so many contents are among it. */
  List<Map.Entry<Long, Last<ContentRecord>>> contentsFrom(long from, int limit) {
    List<Map.Entry<Long, Last<ContentRecord>>> found = new ArrayList<>();
    int present = 0;
    for (Map.Entry<Long, Last<ContentRecord>> each : contents.tailMap(from, true).entrySet()) {
      if (present == limit) {
        break;
      }
      found.add(each);
      present += each.getValue().value() == null ? 0 : 1;
    }
    return found;
  }

  @Nullable Last<byte[]> inline(long id) {
    return later(inline.get(id), removals.get(id));
  }

  @Nullable Last<BlockGroup> blocks(long id, int group) {
    return blocks.isEmpty() && removals.isEmpty()
        ? null
        : later(blocks.get(new GroupKey(id, group)), removals.get(id));
  }

  private static <T> @Nullable Last<T> later(
      @Nullable Last<T> put, @Nullable Last<ContentRecord> removal) {
    if (removal == null || (put != null && put.number > removal.number)) {
      return put;
    }
    return new Last<>(removal.number, null);
  }

  void add(Change change, long number) {
    if (change instanceof Change.OfInode of) {
      inodes.put(of.file(), new Last<>(number, of.record()));
      if (of.record() == null) {
        xattrs.put(of.file(), new Last<>(number, null));
      }
    } else if (change instanceof Change.OfXattrs of) {
      xattrs.put(of.file(), new Last<>(number, of.record()));
    } else if (change instanceof Change.OfName of) {
      names.compute(
          of.directory(),
          (key, known) ->
              (known == null ? PendingNames.NONE : known)
                  .with(of.name(), new Last<>(number, of.known())));
    } else if (change instanceof Change.OfNames of) {
      names.put(of.directory(), PendingNames.all(number, of.names()));
    } else if (change instanceof Change.OfContent of) {
      contents.put(of.id(), new Last<>(number, of.record()));
      if (of.record() == null) {
        removals.put(of.id(), new Last<>(number, null));
      }
    } else if (change instanceof Change.OfInline of) {
      inline.put(of.id(), new Last<>(number, of.data()));
    } else if (change instanceof Change.OfBlocks of) {
      blocks.put(new GroupKey(of.id(), of.group()), new Last<>(number, of.blocks()));
    } else if (change instanceof Change.Together of) {
      of.changes().forEach(each -> add(each, number));
    }
  }

  /** Forgets a change that is in the tables now, unless a later one than {@code last} came. */
  void retire(Change change, long last) {
    if (change instanceof Change.OfInode of) {
      retire(inodes, of.file(), last);
      retire(xattrs, of.file(), last);
    } else if (change instanceof Change.OfXattrs of) {
      retire(xattrs, of.file(), last);
    } else if (change instanceof Change.OfName of) {
      names.computeIfPresent(of.directory(), (key, known) -> known.after(of.name(), last));
    } else if (change instanceof Change.OfNames of) {
      names.computeIfPresent(of.directory(), (key, known) -> known.after(last));
    } else if (change instanceof Change.OfContent of) {
      retire(contents, of.id(), last);
      retire(removals, of.id(), last);
    } else if (change instanceof Change.OfInline of) {
      retire(inline, of.id(), last);
    } else if (change instanceof Change.OfBlocks of) {
      retire(blocks, new GroupKey(of.id(), of.group()), last);
    } else if (change instanceof Change.Together of) {
      of.changes().forEach(each -> retire(each, last));
    }
  }

  private static <K, T> void retire(Map<K, Last<T>> map, K key, long last) {
    map.computeIfPresent(key, (same, known) -> known.number <= last ? null : known);
  }
}
