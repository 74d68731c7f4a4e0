package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An answer of the source that comes late does not take the place of what was written since. */
@Timeout(60)
class LateAnswerTest {
  private static final String LATE = "late";

  @TempDir Path source;
  @TempDir Path cache;

  private final CountDownLatch answered = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  private FileCalls calls() {
    return ChangedFileCalls.of(
        new LinuxFileCalls(),
        call -> {
          Object answer = call.proceed();
          if (call.name().equals("attributes") && Thread.currentThread().getName().equals(LATE)) {
            answered.countDown();
            await(closed);
          }
          return answer;
        });
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void attributes_askedForBeforeAWriteAndToldAfterIt_areNotKept()
      throws FsException, IOException, ExecutionException, InterruptedException {
    Files.write(source.resolve("f"), new byte[10]);
    CacheSettings settings =
        CacheSettings.of(cache.resolve("cache"))
            .with(Lifetimes.all(Duration.ofHours(1)))
            .with(new SourceCare(SourceCare.DEFAULT.deadline(), false, /* watch= */ false));
    try (CacheFs cacheFs = CacheFs.open(CacheFsConfig.of(source).withCache(settings), calls())) {
      Vfs vfs = cacheFs.vfs();
      long inode = vfs.lookup(Vfs.ROOT, Name.of("f")).inodeId();
      long handle = vfs.open(inode, OpenFlags.READ_WRITE).handle();
      FutureTask<@Nullable Long> asked =
          new FutureTask<>(() -> vfs.attributes(inode, Vfs.NO_HANDLE).size());
      new Thread(asked, LATE).start();
      await(answered);
      assertThat(vfs.write(handle, 0, ByteBuffer.allocateDirect(100), false)).isEqualTo(100);
      vfs.flush(handle);
      vfs.release(handle);
      closed.countDown();
      assertThat(asked.get()).isEqualTo(10);
      assertThat(vfs.attributes(inode, Vfs.NO_HANDLE).size()).isEqualTo(100);
    }
  }
}
