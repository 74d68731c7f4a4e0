package io.cachefs.writeback.queue;

import io.cachefs.base.Name;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An operation in the queue. There may be a million: every field counts. */
final class Entry {
  /** Where an operation is. */
  enum State {
    WAITING,
    TAKEN,
    GONE
  }

  private static final State[] STATES = {State.WAITING, State.TAKEN, State.GONE};

  final long sequence;

  // Of the most frequent kind of operation, a new file under a name that stands for nothing, only
  // this is kept. Its number is the rest of the sequence.
  private static final int NODE_SHIFT = 2;
  private final long directory;
  private final @Nullable Name name;

  /** An operation of another kind, else null. */
  private final @Nullable Operation other;

  long notBefore;

  /** When it came. */
  int second;

  /** Its place in the heap of those that wait for their time only, or -1. */
  int heapIndex = -1;

  /** The search that saw it last. */
  int seen;

  /** A {@link Run} or an array of them; null for none. */
  private @Nullable Object runs;

  /** How many of its runs have another before them: few places and nodes have a place in it. */
  byte unmet;

  /** An index of {@link #STATES}. */
  private byte state;

  boolean hurried;

  /** Whether a part of it may be at the source. */
  boolean tried;

  Entry(Operation operation, long notBefore) {
    this.sequence = operation.sequence();
    this.notBefore = notBefore;
    boolean isUsual =
        operation.kind() == Kind.ADD
            && operation.makes() == sequence >>> NODE_SHIFT
            && operation.makes() != 0
            && operation.nodes().isEmpty()
            && operation.places().size() == 1;
    Operation.Place place = isUsual ? operation.places().get(0) : null;
    this.directory = place == null ? 0 : place.directory();
    this.name = place == null ? null : place.name();
    this.other = place == null ? operation : null;
  }

  /** Returns the operation; made anew each time, so that it takes no memory while it waits. */
  Operation operation() {
    if (other != null || name == null) {
      return Objects.requireNonNull(other);
    }
    List<Operation.Place> places = List.of(new Operation.Place(directory, name));
    return new Operation(sequence, Kind.ADD, sequence >>> NODE_SHIFT, List.of(), places);
  }

  boolean isLast() {
    return other != null && other.kind() == Kind.LAST;
  }

  State state() {
    return STATES[state];
  }

  void setState(State now) {
    state =
        switch (now) {
          case WAITING -> 0;
          case TAKEN -> 1;
          case GONE -> 2;
        };
  }

  boolean isGone() {
    return state() == State.GONE;
  }

  void join(Run run) {
    if (runs == null) {
      runs = run;
    } else if (runs instanceof Run first) {
      runs = new Run[] {first, run};
    } else {
      Run[] before = (Run[]) runs;
      Run[] more = Arrays.copyOf(before, before.length + 1);
      more[before.length] = run;
      runs = more;
    }
  }

  int runs() {
    if (runs == null) {
      return 0;
    }
    return runs instanceof Run[] many ? many.length : 1;
  }

  Run run(int index) {
    if (runs instanceof Run[] many) {
      return many[index];
    }
    return (Run) Objects.requireNonNull(runs);
  }

  boolean isIn(Run run) {
    for (int i = 0; i < runs(); i++) {
      if (run(i) == run) {
        return true;
      }
    }
    return false;
  }

  void move(Run from, Run to) {
    if (runs == from) {
      runs = to;
    } else if (runs instanceof Run[] many) {
      for (int i = 0; i < many.length; i++) {
        if (many[i] == from) {
          many[i] = to;
        }
      }
    }
  }
}
