package io.cachefs.store.lmdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FileKey;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.IndexSamples;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.ListedName;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.random.Seeds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that writes, again and again. What is found then is what it wrote up to some step
 * and nothing of what came after.
 */
@ExtendWith(Seeds.class)
final class KillTest {
  private static final int ROUNDS = 20;

  @TempDir Path directory;

  @Test
  void whatWasWritten_isFoundUpToSomeStep() throws Exception {
    Random random = Seeds.random("kill");
    long lastId = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long first = 1 + (long) round * WriteInChild.STEPS_PER_ROUND;
      long flushed;
      long newId;
      try (ChildProcess child =
          ChildProcess.java(WriteInChild.class, directory.toString(), Long.toString(first))) {
        child.awaitLine("flushed", Duration.ofMinutes(1));
        LockSupport.parkNanos(random.nextInt(200_000_000));
        child.kill();
        assertThat(child.output()).contains("rebuilt null");
        newId = last(child.output(), "id ");
        flushed = last(child.output(), "flushed ");
      }
      try (IndexKeeper opened = new IndexKeeper(FilledIndex.open(directory))) {
        // No id is given out twice.
        assertThat(opened.index().newContentId()).isGreaterThan(newId);
        assertThat(newId).isGreaterThan(lastId);
        lastId = opened.index().newContentId();
        check(opened.index(), first, flushed);
      }
      assertThat(directory).isDirectoryNotContaining("glob:**lmdbjava-native-library*");
    }
    assertThat(Files.exists(directory.resolve("closed"))).isTrue();
  }

  /** Closes an index that was not rebuilt. */
  private record IndexKeeper(Index index) implements AutoCloseable {
    IndexKeeper(IndexOpener.OpenedIndex opened) {
      this(opened.index());
      assertThat(opened.rebuilt()).isNull();
    }

    @Override
    public void close() {
      index.close();
    }
  }

  private static long last(List<String> output, String word) {
    return output.stream()
        .filter(line -> line.contains(word))
        .mapToLong(
            line -> {
              String rest = line.substring(line.indexOf(word) + word.length());
              int end = rest.indexOf(' ');
              return Long.parseLong(end < 0 ? rest : rest.substring(0, end));
            })
        .max()
        .orElseThrow();
  }

  private static void check(Index index, long first, long flushed) {
    InodeRecord last = Objects.requireNonNull(index.inode(WriteInChild.LAST));
    long step = last.contentId();
    assertThat(step).isGreaterThanOrEqualTo(flushed);
    // What came after it may be lost, so it has to be asked for again.
    assertThat(last.checkedAtMillis()).isZero();
    // A batch can end in the middle of a step, so of the next one a part may be there.
    for (long i = first; i <= step + 1; i++) {
      InodeRecord inode = index.inode(IndexSamples.file(i));
      ContentRecord content = index.content(i);
      if (i <= step) {
        same(inode, unconfirmed(IndexSamples.inode(i, i)));
        assertThat(content).isEqualTo(i % 3 == 0 ? null : IndexSamples.content(i, i, 1, 0));
        if (i % 3 != 0) {
          same(index.blocks(i, 0), WriteInChild.blocks(i));
        }
      } else if (content != null) {
        same(inode, unconfirmed(IndexSamples.inode(i, i)));
      }
    }
    for (long i = step + 2; i < step + 1000; i++) {
      assertThat(index.inode(IndexSamples.file(i))).isNull();
      assertThat(index.content(i)).isNull();
      assertThat(index.blocks(i, 0)).isNull();
    }
    long listed = Objects.requireNonNull(index.inode(WriteInChild.DIRECTORY)).contentId();
    List<ListedName> names = index.names(WriteInChild.DIRECTORY, null, 100);
    assertThat(names).isEqualTo(WriteInChild.listing(listed));
    assertThat(listed).isBetween(step / 100 * 100 - 100, step + 1);
    // The totals are those of a count.
    assertThat(index.status().files())
        .isEqualTo(index.filesFrom(new FileKey(0, 0, 0), 50_000_000).size());
    assertThat(index.status().contents()).isEqualTo(index.contentsFrom(0, 50_000_000).size());
    assertThat(index.status().damaged()).isZero();
  }

  private static InodeRecord unconfirmed(InodeRecord record) {
    return new InodeRecord(
        record.attributes(),
        0,
        record.contentId(),
        record.flags(),
        record.listed(),
        record.handle(),
        record.target());
  }

  private static void same(@org.jspecify.annotations.Nullable Object found, Object expected) {
    // By text, because the recursive comparison of a million records takes minutes.
    assertThat(FilledIndex.text(Objects.requireNonNull(found)))
        .isEqualTo(FilledIndex.text(expected));
  }
}
