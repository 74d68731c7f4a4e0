package io.cachefs.writeback.pending;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells which file a record of the log is about, from the records before it. For people who look
 * for what a damage affects; owned by one thread.
 */
public final class RecordPaths {
  private static final int MOST_DEPTH = 1000;

  private final Map<Long, Place> places = new HashMap<>();

  private record Place(long parent, String name) {}

  /** Takes the next record; returns false if it cannot be understood. */
  public boolean take(int kind, long sequence, byte[] head) {
    Change change = read(kind, head);
    if (change instanceof Change.Adopt adopt) {
      put(sequence, adopt.parent(), adopt.name());
    } else if (change instanceof Change.Make make) {
      put(sequence, make.parent(), make.name());
    } else if (change instanceof Change.Link link && !places.containsKey(link.node())) {
      put(link.node(), link.parent(), link.name());
    } else if (change instanceof Change.Rename rename) {
      put(rename.node(), rename.newParent(), rename.newName());
    }
    return change != null;
  }

  private static @Nullable Change read(int kind, byte[] head) {
    try {
      return Change.read(kind, head);
    } catch (RuntimeException e) {
      return null;
    }
  }

  private void put(long node, long parent, byte[] name) {
    if (name.length > 0) {
      Place unused = places.put(node, new Place(parent, new String(name, StandardCharsets.UTF_8)));
      assert unused == null || unused.name() != null;
    }
  }

  /** Returns the path of the file whose bytes a record has, or an empty one if it is not known. */
  public String pathOf(int kind, byte[] head) {
    if (!(read(kind, head) instanceof Change.Data data)) {
      return "";
    }
    StringBuilder path = new StringBuilder();
    long node = data.node();
    for (int depth = 0; depth < MOST_DEPTH; depth++) {
      Place place = places.get(node);
      if (place == null) {
        break;
      }
      path.insert(0, path.length() == 0 ? place.name() : place.name() + "/");
      node = place.parent();
    }
    return path.toString();
  }
}
