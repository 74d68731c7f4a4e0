package io.cachefs.store;

import io.cachefs.base.Attributes;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;

/** Records for tests, each made from a number so that two of them differ where it does. */
public final class IndexSamples {
  private static final long SECONDS = 1_700_000_000L;

  private IndexSamples() {}

  public static FileKey file(long number) {
    return new FileKey(0, number, SECONDS * 1_000_000_000L + number * 7_777_777L);
  }

  public static Name name(String text) {
    try {
      return Name.of(text);
    } catch (FsException e) {
      throw new AssertionError(e);
    }
  }

  public static Timestamp time(long number) {
    return new Timestamp(SECONDS + number / 7, (int) (number * 1_234_567 % 1_000_000_000L));
  }

  public static Attributes attributes(long number) {
    return new Attributes(
        0xfd01,
        number,
        Mode.REGULAR | 0644,
        1,
        1000,
        1000,
        0,
        number * 3 % 16_384,
        8,
        4096,
        time(number + 3),
        time(number),
        time(number),
        time(number - 1));
  }

  public static Version version(long number) {
    return Version.of(attributes(number));
  }

  /** What is known of a small file of a local file system. */
  public static InodeRecord inode(long number, long contentId) {
    byte[] handle = new byte[16];
    for (int i = 0; i < handle.length; i++) {
      handle[i] = (byte) (number >>> i);
    }
    return new InodeRecord(
        attributes(number), SECONDS * 1000 + number, contentId, 0, null, handle, new byte[0]);
  }

  public static NameRecord name(long number) {
    return new NameRecord(file(number), Mode.REGULAR, SECONDS * 1000 + number);
  }

  public static ListedName listed(String name, long number) {
    return new ListedName(name(name), file(number), number, Mode.REGULAR);
  }

  public static ContentRecord content(long id, long number, long storedBytes, int flags) {
    return new ContentRecord(
        id,
        file(number),
        version(number),
        storedBytes,
        flags,
        SECONDS * 1000 + number,
        SECONDS * 1000 + number + 5000,
        1);
  }

  public static BlockGroup blocks(int count, int salt) {
    BlockGroup group = new BlockGroup();
    for (int i = 0; i < count; i++) {
      group.put(i * 37 % BlockGroup.BLOCKS, salt * 31 + i);
    }
    return group;
  }
}
