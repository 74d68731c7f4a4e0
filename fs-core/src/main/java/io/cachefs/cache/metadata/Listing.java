package io.cachefs.cache.metadata;

import io.cachefs.base.Name;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The entries of a directory in few arrays. Built by one thread, not changed any more once others
 * have it.
 */
public final class Listing {
  /** What an entry takes besides its name: where it ends, its number and its type. */
  private static final int ENTRY_BYTES = 4 + 8 + 1;

  private byte[] names = new byte[512];
  private int[] ends = new int[16];
  private long[] inodes = new long[16];
  private byte[] types = new byte[16];
  private int count;

  /** Places of entries by the hash of their names, made when first needed; 0 is none. */
  private volatile int @Nullable [] places;

  /** Adds an entry with the first {@code length} bytes of {@code name}. */
  public void add(byte[] name, int length, long inode, int type) {
    int start = end(count - 1);
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
      inodes = Arrays.copyOf(inodes, count * 2);
      types = Arrays.copyOf(types, count * 2);
    }
    if (start + length > names.length) {
      names = Arrays.copyOf(names, Math.max(names.length * 2, start + length));
    }
    System.arraycopy(name, 0, names, start, length);
    ends[count] = start + length;
    inodes[count] = inode;
    types[count] = (byte) type;
    count++;
  }

  private int end(int index) {
    return index < 0 ? 0 : ends[index];
  }

  public int count() {
    return count;
  }

  /** Copies the name of an entry into {@code target} and returns its length. */
  public int name(int index, byte[] target) {
    int start = end(index - 1);
    int length = ends[index] - start;
    System.arraycopy(names, start, target, 0, length);
    return length;
  }

  public long inode(int index) {
    return inodes[index];
  }

  /** Returns the type as {@code dirent.d_type} has it. */
  public int type(int index) {
    return types[index];
  }

  /** Returns whether a name is among the entries. Only once the listing is complete. */
  public boolean contains(Name name) {
    return indexOf(name) >= 0;
  }

  /** Returns the place of a name, or -1. Only once the listing is complete. */
  public int indexOf(Name name) {
    int[] table = places;
    if (table == null) {
      table = hashed();
      places = table;
    }
    byte[] wanted = name.terminated();
    int slot = slot(wanted, 0, name.length(), table.length);
    while (table[slot] != 0) {
      int index = table[slot] - 1;
      if (Arrays.equals(names, end(index - 1), ends[index], wanted, 0, name.length())) {
        return index;
      }
      slot = (slot + 1) & (table.length - 1);
    }
    return -1;
  }

  private int[] hashed() {
    int[] table = new int[Math.max(4, Integer.highestOneBit(count) * 4)];
    for (int i = 0; i < count; i++) {
      int slot = slot(names, end(i - 1), ends[i], table.length);
      while (table[slot] != 0) {
        slot = (slot + 1) & (table.length - 1);
      }
      table[slot] = i + 1;
    }
    return table;
  }

  private static int slot(byte[] bytes, int from, int to, int slots) {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    return (hash ^ hash >>> 15) & (slots - 1);
  }

  /** Returns about how much memory it takes. */
  public int bytes() {
    return 128 + names.length + ends.length * ENTRY_BYTES + count * 16;
  }
}
