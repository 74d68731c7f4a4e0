package io.cachefs.engine.check;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;
import io.cachefs.store.IndexAudit;
import io.cachefs.store.IndexAudit.Row;
import io.cachefs.store.IndexAudit.Table;
import io.cachefs.store.NameRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the paths of some files by going through all names, once for each level of directories: no
 * record says where its file is. Owned by one thread.
 */
final class PathFinder {
  private static final int AT_ONCE = 256;

  /** Deeper trees are rare, and a path without its beginning is good enough for them. */
  private static final int MOST_LEVELS = 64;

  private final IndexAudit audit;
  private final long rootInode;
  private final Map<FileKey, Place> places = new HashMap<>();

  /** A name of a file, in a directory. */
  private record Place(FileKey directory, Name name) {}

  PathFinder(IndexAudit audit, long rootInode) {
    this.audit = audit;
    this.rootInode = rootInode;
  }

  /** Looks for these files. */
  void look(Set<FileKey> files) {
    Set<FileKey> wanted = new HashSet<>(files);
    for (int level = 0; level < MOST_LEVELS && !wanted.isEmpty(); level++) {
      Set<FileKey> above = new HashSet<>();
      visitNames(
          row -> {
            FileKey child = row.value() instanceof NameRecord name ? name.child() : null;
            FileKey directory = row.file();
            Name name = row.name();
            if (child != null
                && directory != null
                && name != null
                && wanted.contains(child)
                && places.putIfAbsent(child, new Place(directory, name)) == null) {
              above.add(directory);
            }
          });
      above.removeIf(places::containsKey);
      above.removeIf(this::isRoot);
      wanted.clear();
      wanted.addAll(above);
    }
  }

  private interface Visitor {
    void visit(Row row);
  }

  private void visitNames(Visitor visitor) {
    List<Row> rows = audit.rows(Table.NAMES, null, AT_ONCE);
    while (!rows.isEmpty()) {
      rows.forEach(visitor::visit);
      rows = audit.rows(Table.NAMES, rows.get(rows.size() - 1).key(), AT_ONCE);
    }
  }

  private boolean isRoot(FileKey file) {
    return file.volume() == 0 && file.inode() == rootInode;
  }

  /** Returns a path below the source; with dots for directories that nothing is known of. */
  String path(FileKey file, @Nullable Name below) {
    Deque<String> names = new ArrayDeque<>();
    if (below != null) {
      names.push(below.toString());
    }
    FileKey at = file;
    Place place = places.get(at);
    while (place != null && !isRoot(at) && names.size() <= MOST_LEVELS) {
      names.push(place.name.toString());
      at = place.directory;
      place = places.get(at);
    }
    if (names.isEmpty() && !isRoot(file)) {
      return "";
    }
    return (isRoot(at) ? "/" : ".../") + String.join("/", names);
  }
}
