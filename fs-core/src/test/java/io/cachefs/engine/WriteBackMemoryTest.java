package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What waits above a cache takes no more of the heap than is estimated. */
class WriteBackMemoryTest {
  private static final int FILES = Integer.getInteger("cachefs.waiting.files", 6_000);

  @TempDir Path directory;

  private static long heap() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void memory_isNotMoreThanEstimated(boolean removes)
      throws FsException, IOException, InterruptedException {
    Path source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < FILES; i++) {
      Files.createFile(source.resolve("a file " + i));
    }
    WriteBackCare care = new WriteBackCare(Duration.ZERO, Duration.ZERO, false, true);
    Limits plain = Limits.DEFAULT;
    CacheSettings settings =
        Engine.EXCLUSIVE
            .settings(directory.resolve("cache"))
            .with(
                new Limits(
                    plain.diskBytes(),
                    plain.files(),
                    plain.freeBytes(),
                    plain.freeInodes(),
                    0,
                    1 << 20,
                    0,
                    plain.eviction(),
                    plain.ttl()))
            .with(new Writing(WriteMode.WRITE_BACK, List.of(), care));
    try (CacheFs cacheFs = CachedFiles.open(source, settings)) {
      Vfs vfs = cacheFs.vfs();
      vfs.forget(vfs.lookup(Vfs.ROOT, Name.of("a file 0")).inodeId(), 1);
      WriteBackStack writeBack = Objects.requireNonNull(cacheFs.writeBack());
      long before = heap();
      for (int i = 0; i < FILES; i++) {
        Name name = Name.of("a file " + i);
        if (removes) {
          vfs.unlink(Vfs.ROOT, name);
        } else {
          Entry entry = vfs.lookup(Vfs.ROOT, name);
          Object unused =
              vfs.setAttributes(
                  entry.inodeId(), Vfs.NO_HANDLE, AttributeChange.NONE.withMode(0600));
          vfs.forget(entry.inodeId(), 1);
        }
      }
      long taken = heap() - before;
      long estimated = writeBack.pressure().memory();
      String each = taken / FILES + " of " + estimated / FILES + " bytes each";
      // What the cache keeps in any case comes on top.
      assertThat(taken).as(each).isLessThanOrEqualTo(estimated + (1 << 20));
    }
  }
}
