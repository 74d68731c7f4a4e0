package io.cachefs.store.lmdb;

import io.cachefs.store.Index;
import io.cachefs.store.IndexSamples;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;

/** Damages copies of an index and uses them, in a process of its own because it could crash. */
final class DamageInChild {
  private static final int FILES = 600;

  private DamageInChild() {}

  public static void main(String[] args) throws Exception {
    Path directory = Path.of(args[0]);
    String kind = args[1];
    Random random = Seeds.random(kind);
    Path original = Files.createDirectory(directory.resolve("original"));
    try (Index index = FilledIndex.open(original).index()) {
      FilledIndex.fill(index, FILES);
    }
    int rebuilt = 0;
    long damagedRecords = 0;
    int rounds = Integer.parseInt(args[2]);
    for (int i = 0; i < rounds; i++) {
      Path copy = Files.createDirectory(directory.resolve("copy" + i));
      Files.copy(original.resolve(Tables.DATA), copy.resolve(Tables.DATA));
      System.out.println(i + " " + damage(kind, copy.resolve(Tables.DATA), random));
      IndexOpener.OpenedIndex opened = FilledIndex.open(copy);
      try (Index index = opened.index()) {
        int missing = FilledIndex.readAll(index, FILES);
        if (opened.rebuilt() != null) {
          rebuilt++;
          if (index.status().files() != 0) {
            throw new AssertionError("not empty after " + opened.rebuilt());
          }
        } else if (missing > 0 && index.status().damaged() == 0 && kind.equals("truncate")) {
          throw new AssertionError("records are missing and nothing was found damaged");
        }
        damagedRecords += index.status().damaged();
        use(index);
      }
      if (FilledIndex.open(copy).rebuilt() != null) {
        throw new AssertionError("damaged once more");
      }
      try (var files = Files.list(copy)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
    System.out.println("rebuilt " + rebuilt + ", damaged records " + damagedRecords);
    System.out.println("done");
  }

  /** Changes enough to touch many pages, those on the lists of free ones too. */
  private static void use(Index index) throws Exception {
    for (int i = 1; i <= FILES; i += 3) {
      index.putInode(IndexSamples.file(i), IndexSamples.inode(i, 0));
      index.removeContent(i);
      index.putBlocks(i + 100_000, 1, IndexSamples.blocks(100, i));
    }
    index.removeNames(FilledIndex.DIRECTORY);
    index.flush();
  }

  private static String damage(String kind, Path data, Random random) throws IOException {
    try (FileChannel channel =
        FileChannel.open(data, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      switch (kind) {
        case "truncate" -> {
          long left = (long) (random.nextDouble() * size);
          channel.truncate(random.nextBoolean() ? left : left / 4096 * 4096);
          return "truncated to " + channel.size() + " of " + size;
        }
        case "zero" -> {
          long page = random.nextInt((int) (size / 4096));
          channel.write(ByteBuffer.allocate(4096), page * 4096);
          return "zeroed page " + page;
        }
        case "swap" -> {
          long from = random.nextInt((int) (size / 4096));
          long to = random.nextInt((int) (size / 4096));
          ByteBuffer page = ByteBuffer.allocate(4096);
          channel.read(page, from * 4096);
          channel.write(page.flip(), to * 4096);
          return "page " + from + " written over page " + to;
        }
        default -> {
          // Half of them where the structure is: the first bytes of a page.
          long at =
              random.nextBoolean()
                  ? (long) (random.nextDouble() * size)
                  : random.nextInt((int) (size / 4096)) * 4096L + random.nextInt(64);
          ByteBuffer one = ByteBuffer.allocate(1);
          channel.read(one, at);
          one.put(0, (byte) (one.get(0) ^ 1 << random.nextInt(8)));
          channel.write(one.rewind(), at);
          return "flipped a bit of byte " + at;
        }
      }
    }
  }
}
