package io.cachefs.store.lmdb;

import java.util.ArrayList;
import java.util.List;

/**
 * What is written of changes that do not fit: instead of a record that is new, the removal of the
 * one it replaces. Content stays as it is, because its blob is still there; what is missing of its
 * blocks is fetched again.
 */
final class Removals {
  private Removals() {}

  /** Returns whether a change puts nothing. */
  static boolean isRemoval(Change change) {
    return change instanceof Change.OfTotals || insteadOf(List.of(change)).equals(List.of(change));
  }

  static List<Change> insteadOf(List<Change> changes) {
    List<Change> removals = new ArrayList<>();
    changes.forEach(change -> add(change, removals));
    return removals;
  }

  private static void add(Change change, List<Change> to) {
    if (change instanceof Change.OfInode of) {
      to.add(new Change.OfInode(of.file(), null));
    } else if (change instanceof Change.OfXattrs of) {
      to.add(new Change.OfXattrs(of.file(), null));
    } else if (change instanceof Change.OfName of) {
      to.add(new Change.OfName(of.directory(), of.name(), null));
    } else if (change instanceof Change.OfNames of) {
      to.add(new Change.OfNames(of.directory(), List.of()));
    } else if (change instanceof Change.OfContent of && of.record() == null) {
      to.add(change);
    } else if (change instanceof Change.OfDamaged || change instanceof Change.OfRecount) {
      to.add(change);
    } else if (change instanceof Change.Together of) {
      of.changes().forEach(each -> add(each, to));
    }
  }
}
