package io.cachefs.writeback.queue;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What {@link SendQueue} has to do, said literally: every pair of operations is compared. */
final class QueueModel {
  private static final List<Kind> KINDS =
      List.of(Kind.ADD, Kind.ADD, Kind.REMOVE, Kind.REMOVE, Kind.CHANGE, Kind.LAST);

  /** An operation and what is true of it. */
  static final class Item {
    final Operation operation;
    long notBefore;
    boolean taken;
    boolean tried;
    boolean hurried;

    Item(Operation operation, long notBefore) {
      this.operation = operation;
      this.notBefore = notBefore;
    }
  }

  /** In the order in which they were added. */
  final Map<Long, Item> items = new LinkedHashMap<>();

  static boolean waits(Operation later, Operation earlier) {
    if (later.kind() == Kind.LAST || earlier.kind() == Kind.LAST) {
      throw new IllegalArgumentException("compared otherwise");
    }
    return meet(nodes(later), nodes(earlier))
        || meet(nodes(later), directories(earlier))
        || meet(directories(later), nodes(earlier))
        || meet(new HashSet<>(later.places()), new HashSet<>(earlier.places()))
        || (meet(directories(later), directories(earlier))
            && (later.kind() != earlier.kind() || later.kind() == Kind.CHANGE));
  }

  private static <T> boolean meet(Set<T> one, Set<T> other) {
    return one.stream().anyMatch(other::contains);
  }

  static Set<Long> nodes(Operation operation) {
    Set<Long> nodes = new HashSet<>(operation.nodes());
    if (operation.makes() != 0) {
      nodes.add(operation.makes());
    }
    return nodes;
  }

  static Set<Long> directories(Operation operation) {
    Set<Long> directories = new HashSet<>();
    operation.places().forEach(place -> directories.add(place.directory()));
    return directories;
  }

  /** Returns what an operation waits for now. */
  List<Item> before(Item item) {
    List<Item> before = new ArrayList<>();
    boolean earlier = true;
    for (Item other : items.values()) {
      if (other == item) {
        earlier = false;
      } else if (isBefore(other.operation, item.operation, earlier)) {
        before.add(other);
      }
    }
    return before;
  }

  private static boolean isBefore(Operation other, Operation operation, boolean earlier) {
    if (operation.kind() != Kind.LAST) {
      return earlier && other.kind() != Kind.LAST && waits(operation, other);
    }
    Long directory = operation.nodes().get(0);
    if (other.kind() == Kind.LAST) {
      return earlier && other.nodes().contains(directory);
    }
    return nodes(other).contains(directory) || directories(other).contains(directory);
  }

  boolean isFree(Item item) {
    return !item.taken && before(item).isEmpty();
  }

  boolean isDue(Item item, long now) {
    return isFree(item) && (item.hurried || item.notBefore <= now);
  }

  boolean isAwaited(Item item) {
    if (item.operation.kind() == Kind.LAST) {
      return false;
    }
    return items.values().stream()
        .filter(other -> other.operation.kind() != Kind.LAST)
        .anyMatch(other -> other != item && before(other).contains(item));
  }

  void hurry(@Nullable Item item, Set<Item> seen) {
    if (item != null && seen.add(item)) {
      item.hurried |= !item.taken;
      before(item).forEach(each -> hurry(each, seen));
    }
  }

  /** Makes an operation on few nodes and names, so that most have to do with each other. */
  static Operation random(Random random, long sequence, int nodes) throws FsException {
    Kind kind = KINDS.get(random.nextInt(KINDS.size()));
    if (kind == Kind.LAST) {
      return new Operation(sequence, kind, 0, List.of(1L + random.nextInt(nodes)), List.of());
    }
    List<Long> used = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      used.add(1L + random.nextInt(nodes));
    }
    List<Operation.Place> places = new ArrayList<>();
    for (int i = random.nextInt(8) == 0 ? 2 : 1; i > 0; i--) {
      places.add(
          new Operation.Place(
              1L + random.nextInt(nodes), Name.of("name" + random.nextInt(2 * nodes))));
    }
    long makes = kind == Kind.ADD && random.nextBoolean() ? 1L + random.nextInt(nodes) : 0;
    return new Operation(sequence, kind, makes, used, places);
  }
}
