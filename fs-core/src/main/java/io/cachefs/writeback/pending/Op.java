package io.cachefs.writeback.pending;

import io.cachefs.base.Name;
import io.cachefs.writeback.journal.Place;
import org.jspecify.annotations.Nullable;

/** An operation that waits to be sent, other than making a new file. */
final class Op {
  /** What it does. */
  enum Type {
    CHANGE,
    TIMES,
    LINK,
    REMOVE,
    RENAME
  }

  final long id;
  final Type type;
  final PendingNode node;

  /** Where its record is; null if the records of the node tell it. */
  @Nullable Place record;

  @Nullable PendingNode directory;
  @Nullable Name name;
  @Nullable PendingNode newDirectory;
  @Nullable Name newName;

  /** What the source has under the new name, and is replaced or exchanged. */
  @Nullable PendingNode replaced;

  /** When it was decided on, in seconds since 1970. */
  final long since;

  int flags;
  volatile boolean begun;

  /** Whether a part of it might have been at the source when it was begun last. */
  volatile boolean maybeSent;

  /** Whether surely nothing of it is there although it was begun. */
  volatile boolean untouched;

  Op(long id, Type type, PendingNode node, @Nullable Place record) {
    this.id = id;
    this.type = type;
    this.node = node;
    this.record = record;
    this.since = node.changed().seconds();
  }

  Op in(@Nullable PendingNode parent, @Nullable Name called) {
    directory = parent;
    name = called;
    return this;
  }
}
