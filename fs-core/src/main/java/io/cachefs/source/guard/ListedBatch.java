package io.cachefs.source.guard;

import io.cachefs.base.FsException;
import io.cachefs.source.SourceDirectory;
import java.util.Arrays;

/**
 * Entries of a directory, collected by one thread and then replayed by another, from the first to
 * the last, in as many steps as wanted.
 */
final class ListedBatch implements SourceDirectory.Visitor {
  /** As many as one call on a POSIX source brings in any case. */
  private static final int MAX_ENTRIES = 512;

  private byte[] names = new byte[2048];
  private int[] ends = new int[64];
  private int[] types = new int[64];
  private long[] inodes = new long[64];
  private long[] cookies = new long[64];
  private int count;
  private int replayed;
  private boolean full;
  private long position;

  /** Will hold what comes after a position. */
  ListedBatch(long position) {
    this.position = position;
  }

  @Override
  public boolean visit(byte[] name, int length, long inode, int type, long nextCookie) {
    if (count == MAX_ENTRIES) {
      full = true;
      return false;
    }
    if (count == ends.length) {
      grow();
    }
    int start = start(count);
    if (start + length > names.length) {
      names = Arrays.copyOf(names, 2 * names.length);
    }
    System.arraycopy(name, 0, names, start, length);
    ends[count] = start + length;
    types[count] = type;
    inodes[count] = inode;
    cookies[count] = nextCookie;
    count++;
    return true;
  }

  private void grow() {
    int larger = 2 * count;
    ends = Arrays.copyOf(ends, larger);
    types = Arrays.copyOf(types, larger);
    inodes = Arrays.copyOf(inodes, larger);
    cookies = Arrays.copyOf(cookies, larger);
  }

  private int start(int entry) {
    return entry == 0 ? 0 : ends[entry - 1];
  }

  /** Returns the position after what was replayed. */
  long position() {
    return position;
  }

  /** Returns whether all that was collected was replayed. */
  boolean isReplayed() {
    return replayed == count;
  }

  /** Returns whether the directory ended with this batch. */
  boolean isLast() {
    return !full;
  }

  /** Replays what remains; returns false if the visitor refused an entry, which then remains. */
  boolean replay(SourceDirectory.Visitor visitor) throws FsException {
    byte[] name = new byte[256];
    while (replayed < count) {
      int start = start(replayed);
      int length = ends[replayed] - start;
      System.arraycopy(names, start, name, 0, length);
      long next = cookies[replayed];
      if (!visitor.visit(name, length, inodes[replayed], types[replayed], next)) {
        return false;
      }
      replayed++;
      position = next;
    }
    return true;
  }
}
