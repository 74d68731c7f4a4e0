package io.cachefs.cache.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.store.Blob;
import io.cachefs.store.BlobStore;
import io.cachefs.store.StoreException;
import io.cachefs.store.blob.ShardedBlobStore;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system of 16 MiB, full for a while. */
class FullDiskTest {
  private static final long MIB = 1L << 20;
  private static final int BLOCK = 16 * 1024;

  @TempDir Path directory;

  private final DiskHealth health = new DiskHealth(System::nanoTime);

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
  }

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    Require.root();
    run("mount", "-t", "tmpfs", "-o", "size=16m,nr_inodes=2000", "none", directory.toString());
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    if (Require.isRoot()) {
      assertThat(OpenDescriptors.under(directory)).isEmpty();
      run("umount", directory.toString());
    }
  }

  private BlobStore open() throws StoreException {
    BlobStore blobs = ShardedBlobStore.open(new LinuxFileCalls(), directory.resolve("blobs"), 16);
    return new WatchedBlobStore(blobs, health);
  }

  @Test
  void writing_whenTheDiskIsFull_isReportedAndPaused() throws Exception {
    try (BlobStore blobs = open();
        Blob blob = blobs.create(1, 64 * MIB)) {
      ByteBuffer data = ByteBuffer.allocateDirect(BLOCK);
      long offset = 0;
      boolean failed = false;
      while (!failed && offset < 64 * MIB) {
        try {
          blob.write(offset, data.clear());
          offset += BLOCK;
        } catch (StoreException e) {
          failed = true;
        }
      }
      assertThat(offset).isBetween(14 * MIB, 16 * MIB);
      assertThat(health.mayWrite()).isFalse();
      assertThat(blob.read(0, data.clear())).isEqualTo(BLOCK);
      blob.truncate(0);
      blob.write(0, data.clear());
      assertThat(health.mayWrite()).isTrue();
    }
  }

  /** Many threads fill it through the ledger: the floor is kept, and no write ever fails. */
  @Test
  void reserving_keepsTheFloors() throws Exception {
    try (BlobStore blobs = open()) {
      Bounds bounds = new Bounds(1L << 40, 100_000, 3 * MIB, 100, 0);
      Ledger ledger = new Ledger(bounds, blobs, health, () -> 0, System::nanoTime, 0, 0, 0);
      AtomicLong ids = new AtomicLong();
      Parallel.run(
          16,
          thread -> {
            ByteBuffer data = ByteBuffer.allocateDirect(BLOCK);
            while (ledger.tryReserve(BLOCK, 1)) {
              try (Blob blob = blobs.create(ids.incrementAndGet(), BLOCK)) {
                blob.write(0, data.clear());
              }
              assertThat(blobs.free().bytes()).isGreaterThanOrEqualTo(3 * MIB);
            }
          });
      assertThat(ids.get()).isGreaterThan(300);
      assertThat(blobs.free().bytes()).isBetween(3 * MIB, 9 * MIB);
      assertThat(blobs.free().inodes()).isGreaterThanOrEqualTo(100);
      assertThat(health.status().writeFailures()).isZero();
    }
  }
}
