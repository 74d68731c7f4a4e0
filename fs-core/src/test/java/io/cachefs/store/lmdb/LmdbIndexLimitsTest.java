package io.cachefs.store.lmdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.store.Index;
import io.cachefs.store.IndexSamples;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.ListedName;
import io.cachefs.store.StoreException;
import io.cachefs.testing.concurrent.Parallel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an index takes, what happens when it is full, and what readers see while it is written. */
final class LmdbIndexLimitsTest {
  @TempDir Path directory;

  @Test
  void smallFiles_inTheOrderOfInodes_takeAtMost300BytesEach() throws StoreException {
    int count = 20_000;
    try (Index index = FilledIndex.open(directory).index()) {
      int nameBytes = 0;
      List<ListedName> listed = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        // In the order of inode numbers. Files that ascend in the middle of others leave the pages
        // of their inodes half empty, and take about 340 bytes.
        long number = 5_000_000 + 2L * i;
        index.putInode(IndexSamples.file(number), IndexSamples.inode(number, i));
        index.putContent(IndexSamples.content(index.newContentId(), number, 4096, 0));
        index.putBlocks(i + 1_000_000, 0, IndexSamples.blocks(1, i));
        String name = "file-" + i;
        nameBytes += name.length();
        listed.add(IndexSamples.listed(name, number));
        if (i % 100 == 0) {
          index.putListing(IndexSamples.file(number + 1), IndexSamples.inode(i, 0), listed, i);
          listed.clear();
        }
        if (i % 1000 == 0) {
          index.flush();
        }
      }
      index.flush();
      long perFile = (index.status().usedBytes() - nameBytes) / count;
      System.out.println("bytes per small file: " + perFile + ", " + index.status());
      assertThat(perFile).isLessThanOrEqualTo(300);
    }
  }

  @Test
  void fullMap_dropsChangesAndGoesOn() throws Exception {
    try (Index index =
        IndexOpener.open(directory, 1 << 20, InstantSource.system(), System::nanoTime).index()) {
      for (int i = 1; i <= 20_000; i++) {
        index.putInode(IndexSamples.file(i), IndexSamples.inode(i, i));
        index.putContent(IndexSamples.content(i, i, 10, 0));
      }
      assertThatThrownBy(index::flush).isInstanceOf(StoreException.class);
      assertThat(index.status().dropped()).isPositive();
      assertThat(index.status().usedBytes()).isLessThanOrEqualTo(1 << 20);
      assertThat(index.status().files()).isPositive();
      int right = 0;
      for (int i = 1; i <= 20_000; i++) {
        InodeRecord found = index.inode(IndexSamples.file(i));
        if (found != null) {
          right++;
          assertThat(found.contentId()).isEqualTo(i);
        }
      }
      assertThat(right).isEqualTo((int) index.status().files());

      // What is removed makes room.
      for (int i = 1; i <= 20_000; i++) {
        index.removeInode(IndexSamples.file(i));
        index.removeContent(i);
      }
      index.flush();
      assertThat(index.status().files()).isZero();
      assertThat(index.status().contentBytes()).isZero();
      assertThat(index.status().reusableBytes()).isGreaterThan(1 << 19);
      index.putInode(IndexSamples.file(3), IndexSamples.inode(3, 7));
      index.flush();
      assertThat(Objects.requireNonNull(index.inode(IndexSamples.file(3))).contentId())
          .isEqualTo(7);
      assertThat(index.status().failure()).isNull();
    }
    assertThat(Files.size(directory.resolve("data.mdb"))).isLessThanOrEqualTo(1 << 20);
  }

  @Test
  void fullMap_neverKeepsAnOldRecordInPlaceOfADroppedOne() throws Exception {
    try (Index index =
        IndexOpener.open(directory, 1 << 20, InstantSource.system(), System::nanoTime).index()) {
      for (int version = 1; version <= 30; version++) {
        for (int i = 1; i <= 1000; i++) {
          index.putInode(IndexSamples.file(i), large(i, version));
        }
        flushQuietly(index);
        for (int i = 1; i <= 1000; i++) {
          InodeRecord found = index.inode(IndexSamples.file(i));
          assertThat(found == null || found.contentId() == version || found.checkedAtMillis() == 0)
              .isTrue();
        }
      }
      assertThat(index.status().dropped()).isPositive();
    }
  }

  private static InodeRecord large(int number, int version) {
    InodeRecord small = IndexSamples.inode(number, version);
    return new InodeRecord(
        small.attributes(),
        small.checkedAtMillis(),
        version,
        0,
        null,
        small.handle(),
        new byte[version * 60]);
  }

  private static void flushQuietly(Index index) {
    try {
      index.flush();
    } catch (StoreException e) {
      assertThat(index.status().dropped()).isPositive();
    }
  }

  @Test
  void readers_seeWholeRecordsWhileTheyAreWritten() throws StoreException {
    int files = 64;
    int rounds = 3000;
    AtomicBoolean done = new AtomicBoolean();
    try (Index index = FilledIndex.open(directory).index()) {
      for (int i = 0; i < files; i++) {
        index.putInode(IndexSamples.file(i), IndexSamples.inode(i, 1));
      }
      new Parallel()
          .add(
              () -> {
                for (int round = 2; round < rounds; round++) {
                  for (int i = 0; i < files; i++) {
                    index.putInode(IndexSamples.file(i), IndexSamples.inode(round, round));
                    index.putBlocks(i, 0, IndexSamples.blocks(20, round));
                  }
                  index.putListing(
                      FilledIndex.DIRECTORY,
                      IndexSamples.inode(round, round),
                      WriteInChild.listing(round),
                      round);
                }
                done.set(true);
              })
          .add(
              6,
              number -> {
                long[] seen = new long[files];
                while (!done.get()) {
                  for (int i = 0; i < files; i++) {
                    InodeRecord found = Objects.requireNonNull(index.inode(IndexSamples.file(i)));
                    long round = found.contentId();
                    // Whole, and never older than what was seen before.
                    assertThat(round).isGreaterThanOrEqualTo(seen[i]);
                    assertThat(round == 1 || found.attributes().inode() == round).isTrue();
                    seen[i] = round;
                  }
                  List<ListedName> names = index.names(FilledIndex.DIRECTORY, null, 100);
                  assertThat(names.stream().map(ListedName::inode).distinct().count())
                      .isLessThanOrEqualTo(1);
                }
              })
          .run();
      assertThat(index.status().damaged()).isZero();
    }
  }

  @Test
  void restart_findsEverythingAgain() throws StoreException {
    try (Index index = FilledIndex.open(directory).index()) {
      FilledIndex.fill(index, 500);
    }
    Index.Status before;
    try (Index index = FilledIndex.open(directory).index()) {
      assertThat(FilledIndex.readAll(index, 500)).isZero();
      before = index.status();
      assertThat(before.files()).isEqualTo(501);
      assertThat(before.names()).isEqualTo(500);
    }
    IndexOpener.OpenedIndex again = FilledIndex.open(directory);
    try (Index index = again.index()) {
      assertThat(again.rebuilt()).isNull();
      assertThat(index.status().contents()).isEqualTo(before.contents());
      assertThat(directory.resolve("closed")).doesNotExist();
    }
    assertThat(directory.resolve("closed")).exists();
  }

  @Test
  void afterACrash_everythingHasToBeAskedAgain() throws Exception {
    try (Index index = FilledIndex.open(directory).index()) {
      FilledIndex.fill(index, 50);
    }
    Files.delete(directory.resolve("closed"));
    try (Index index = FilledIndex.open(directory).index()) {
      InodeRecord found = Objects.requireNonNull(index.inode(IndexSamples.file(1)));
      assertThat(found.checkedAtMillis()).isZero();
      assertThat(found.contentId()).isEqualTo(1);
      index.putInode(IndexSamples.file(1), IndexSamples.inode(1, 1));
      index.flush();
      assertThat(Objects.requireNonNull(index.inode(IndexSamples.file(1))).checkedAtMillis())
          .isPositive();
    }
  }
}
