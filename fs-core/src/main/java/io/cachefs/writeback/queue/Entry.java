package io.cachefs.writeback.queue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** An operation in the queue. There may be a million: every field counts. */
final class Entry {
  /** Where an operation is. */
  enum State {
    WAITING,
    TAKEN,
    GONE
  }

  final Operation operation;
  long notBefore;

  /** When it came. */
  int second;

  /** How many of its runs have another before them. */
  int unmet;

  /** Its place in the heap of those that wait for their time only, or -1. */
  int heapIndex = -1;

  /** The search that saw it last. */
  int seen;

  State state = State.WAITING;
  boolean hurried;

  /** Whether a part of it may be at the source. */
  boolean tried;

  private @Nullable Run first;
  private Run @Nullable [] others;

  Entry(Operation operation, long notBefore) {
    this.operation = operation;
    this.notBefore = notBefore;
  }

  boolean isGone() {
    return state == State.GONE;
  }

  void join(Run run) {
    if (first == null) {
      first = run;
    } else {
      int count = others == null ? 0 : others.length;
      others = others == null ? new Run[1] : Arrays.copyOf(others, count + 1);
      others[count] = run;
    }
  }

  int runs() {
    return first == null ? 0 : others == null ? 1 : 1 + others.length;
  }

  Run run(int index) {
    Run run = index == 0 || others == null ? first : others[index - 1];
    if (run == null) {
      throw new IndexOutOfBoundsException(index);
    }
    return run;
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
    if (first == from) {
      first = to;
    } else if (others != null) {
      for (int i = 0; i < others.length; i++) {
        if (others[i] == from) {
          others[i] = to;
        }
      }
    }
  }
}
