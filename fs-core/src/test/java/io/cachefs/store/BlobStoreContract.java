package io.cachefs.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.concurrent.Parallel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store of blobs promises. */
public interface BlobStoreContract {
  /** Opens a store that keeps what it keeps in the directory, if anywhere. */
  BlobStore open(Path directory) throws StoreException;

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static ByteBuffer direct(String text) {
    return direct(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(Blob blob, long offset, int length) throws StoreException {
    ByteBuffer target = ByteBuffer.allocateDirect(length);
    int count = blob.read(offset, target);
    assertThat(target.position()).isEqualTo(count);
    return StandardCharsets.US_ASCII.decode(target.flip()).toString();
  }

  private static Blob found(BlobStore store, long id) throws StoreException {
    return Objects.requireNonNull(store.find(id));
  }

  @Test
  default void create_givesABlobOfZerosThatTakesNoSpace(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob blob = store.create(1, 1L << 40)) {
      assertThat(text(blob, (1L << 40) - 5, 3)).isEqualTo("\0\0\0");
      assertThat(blob.allocatedBytes()).isZero();
    }
  }

  @Test
  default void create_whenTheIdIsThere_replacesItAndLeavesTheOldToWhoHasItOpen(
      @TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob old = store.create(1, 0)) {
      old.write(0, direct("old"));
      try (Blob replacement = store.create(1, 5);
          Blob found = found(store, 1)) {
        replacement.write(0, direct("new"));
        assertThat(text(found, 0, 9)).isEqualTo("new\0\0");
        assertThat(text(old, 0, 9)).isEqualTo("old");
      }
    }
  }

  @Test
  default void write_isReadBackFromAnotherOpening(@TempDir Path directory) throws Exception {
    byte[] bytes = new byte[100_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) ('a' + i % 23);
    }
    try (BlobStore store = open(directory)) {
      try (Blob blob = store.create(0x0123_4567_89ab_cdefL, 200_000)) {
        blob.write(4095, direct(bytes));
        try (Blob again = found(store, 0x0123_4567_89ab_cdefL)) {
          assertThat(text(again, 4094, 100_002))
              .isEqualTo("\0" + new String(bytes, StandardCharsets.US_ASCII) + "\0");
          assertThat(again.allocatedBytes()).isBetween(100_000L, 200_000L);
        }
      }
    }
  }

  @Test
  default void read_atTheEnd_givesLess(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob blob = store.create(7, 10)) {
      blob.write(8, direct("yz"));
      assertThat(text(blob, 7, 100)).isEqualTo("\0yz");
      assertThat(text(blob, 10, 100)).isEmpty();
      assertThat(text(blob, 1000, 100)).isEmpty();
    }
  }

  @Test
  default void write_beyondTheEnd_makesItLonger(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob blob = store.create(7, 2)) {
      blob.write(3, direct("end"));
      assertThat(text(blob, 0, 100)).isEqualTo("\0\0\0end");
    }
  }

  @Test
  default void truncate_dropsWhatIsBehindForEver(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob blob = store.create(7, 0)) {
      blob.write(0, direct("x".repeat(20_000)));
      blob.truncate(1);
      blob.truncate(10_000);
      assertThat(text(blob, 0, 20_000)).isEqualTo("x" + "\0".repeat(9_999));
      blob.truncate(0);
      assertThat(blob.allocatedBytes()).isZero();
    }
  }

  @Test
  default void find_whenThereIsNone_isNull(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory)) {
      assertThat(store.find(1)).isNull();
    }
  }

  @Test
  default void remove_leavesTheBlobToWhoHasItOpen(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob blob = store.create(5, 3)) {
      blob.write(0, direct("abc"));
      store.remove(5);
      store.remove(5);
      assertThat(store.find(5)).isNull();
      assertThat(text(blob, 0, 3)).isEqualTo("abc");
      blob.write(0, direct("d"));
      assertThat(text(blob, 0, 3)).isEqualTo("dbc");
    }
  }

  @Test
  default void visit_seesEveryBlobOnce(@TempDir Path directory) throws Exception {
    Map<Long, Long> expected = new TreeMap<>();
    Map<Long, Long> sizes = new TreeMap<>();
    try (BlobStore store = open(directory)) {
      for (long id = -500; id < 500; id++) {
        try (Blob blob = store.create(id * 7, id + 1000)) {
          if (id % 10 == 0) {
            blob.write(0, direct("x"));
          }
        }
        expected.put(id * 7, id + 1000);
      }
      store.remove(0);
      expected.remove(0L);
      store.visit(
          (id, size, allocated) -> {
            assertThat(sizes.put(id, size)).as("an earlier sight of %d", id).isNull();
            assertThat(allocated > 0).isEqualTo(id % 70 == 0);
          });
    }
    assertThat(sizes).isEqualTo(expected);
  }

  @Test
  default void free_isWithinTheTotals(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory)) {
      BlobStore.Free free = store.free();
      assertThat(free.bytes()).isBetween(0L, free.totalBytes());
      assertThat(free.inodes()).isBetween(0L, free.totalInodes());
    }
  }

  @Test
  default void close_ofABlobTwice_isHarmless(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory);
        Blob stays = store.create(1, 1)) {
      Blob blob = found(store, 1);
      blob.close();
      blob.close();
      assertThat(text(stays, 0, 1)).isEqualTo("\0");
    }
  }

  /** Blobs come and go under readers; a reader sees its own blob whole, or none. */
  @Test
  default void manyThreads_neverSeeAnotherBlob(@TempDir Path directory) throws Exception {
    try (BlobStore store = open(directory)) {
      Parallel.run(
          8,
          thread -> {
            for (int round = 0; round < 300; round++) {
              long id = (round * 31L + thread) % 40;
              if (round % 3 == 0) {
                // An id is made by one thread only.
                long own = round % 5 * 8L + thread;
                try (Blob blob = store.create(own, 8)) {
                  blob.write(0, ByteBuffer.allocateDirect(8).putLong(own).flip());
                }
              } else if (round % 7 == 0) {
                store.remove(id);
              } else {
                requireOwn(store, id);
              }
            }
          });
    }
  }

  private static void requireOwn(BlobStore store, long id) throws StoreException {
    Blob blob = store.find(id);
    if (blob != null) {
      try (blob) {
        ByteBuffer target = ByteBuffer.allocateDirect(8);
        int count = blob.read(0, target);
        // It may be found while it is being made.
        assertThat(count).isIn(0, 8);
        assertThat(target.getLong(0)).isIn(0L, id);
      }
    }
  }
}
