package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cache is opened although its source hangs or is not there, and uses it once it is back. */
@Timeout(120)
class AbsentSourceTest {
  private static final Duration DEADLINE = Duration.ofSeconds(3);

  @TempDir Path directory;

  private Path source = Path.of("");
  private final SourceCalls calls = SourceCalls.remote();

  @BeforeEach
  void fillTheCache() throws FsException, IOException {
    source = Files.createDirectories(directory.resolve("place/source"));
    Files.createDirectory(source.resolve("tree"));
    Files.writeString(source.resolve("tree/known"), "read before");
    Files.writeString(source.resolve("unknown"), "not read before");
    try (CacheFs first = open("cache", false)) {
      assertThat(read(first, "tree/known")).isEqualTo("read before");
      assertThat(first.vfs().statfs(Vfs.ROOT).blockSize()).isPositive();
    }
  }

  @AfterEach
  void goOn() {
    calls.goOn();
  }

  private CacheFs open(String cache, boolean waits) throws FsException {
    CacheSettings settings =
        CacheSettings.of(directory.resolve(cache)).with(new SourceCare(DEADLINE, waits, true));
    return CacheFs.open(CacheFsConfig.of(source).withCache(settings), calls.calls());
  }

  private static String read(CacheFs from, String path) throws FsException {
    return new String(new Reader(from.vfs()).read(path), StandardCharsets.UTF_8);
  }

  private static String state(CacheFs of) {
    return Objects.requireNonNull(Objects.requireNonNull(of.status().cache()).source()).state();
  }

  private static void awaitUp(CacheFs cacheFs) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!state(cacheFs).equals("up")) {
      assertThat(System.nanoTime()).as("the source is not up").isLessThan(end);
      Thread.sleep(20);
    }
  }

  private static void servesWhatItHas(CacheFs cacheFs) throws FsException {
    assertThat(state(cacheFs)).isEqualTo("down");
    long begin = System.nanoTime();
    assertThat(read(cacheFs, "tree/known")).isEqualTo("read before");
    Entry tree = cacheFs.vfs().lookup(Vfs.ROOT, Name.of("tree"));
    assertThat(cacheFs.vfs().attributes(tree.inodeId(), Vfs.NO_HANDLE).isDirectory()).isTrue();
    cacheFs.vfs().forget(tree.inodeId(), 1);
    assertThat(cacheFs.vfs().attributes(Vfs.ROOT, Vfs.NO_HANDLE).isDirectory()).isTrue();
    assertThatThrownBy(() -> read(cacheFs, "unknown")).hasMessageContaining("EIO");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(DEADLINE);
  }

  @Test
  void aSourceThatHangs_isUsedOnceItAnswers() throws FsException, InterruptedException {
    calls.hang();
    long begin = System.nanoTime();
    try (CacheFs cacheFs = open("cache", false)) {
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(DEADLINE.multipliedBy(8));
      assertThat(cacheFs.absent()).isEqualTo("the source does not answer within 3 s");
      servesWhatItHas(cacheFs);
      calls.goOn();
      awaitUp(cacheFs);
      assertThat(read(cacheFs, "unknown")).isEqualTo("not read before");
      assertThat(read(cacheFs, "tree/known")).isEqualTo("read before");
    }
  }

  @Test
  void aSourceThatIsGone_isUsedOnceItIsBack()
      throws FsException, IOException, InterruptedException {
    Path away = directory.resolve("away");
    Files.move(source, away);
    try (CacheFs cacheFs = open("cache", false)) {
      servesWhatItHas(cacheFs);
      Files.writeString(away.resolve("tree/known"), "changed meanwhile");
      Files.move(away, source);
      awaitUp(cacheFs);
      // Its lifetimes may have begun just before the cache was opened.
      Thread.sleep(1_100);
      assertThat(read(cacheFs, "tree/known")).isEqualTo("changed meanwhile");
      assertThat(read(cacheFs, "unknown")).isEqualTo("not read before");
    }
  }

  @Test
  void anotherDirectoryInItsPlace_isNeverUsed()
      throws FsException, IOException, InterruptedException {
    Path away = directory.resolve("away");
    Files.move(source, away);
    try (CacheFs cacheFs = open("cache", false)) {
      Files.createDirectories(source.resolve("tree"));
      Files.writeString(source.resolve("tree/known"), "of another source");
      Files.writeString(source.resolve("unknown"), "of another source");
      var status = Objects.requireNonNull(cacheFs.status().cache());
      long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!String.valueOf(Objects.requireNonNull(status.source()).lastError())
          .contains("another directory is at")) {
        assertThat(System.nanoTime()).as(status.toString()).isLessThan(end);
        Thread.sleep(20);
        status = Objects.requireNonNull(cacheFs.status().cache());
      }
      servesWhatItHas(cacheFs);
      Files.move(source, directory.resolve("other"));
      Files.move(away, source);
      awaitUp(cacheFs);
      assertThat(read(cacheFs, "unknown")).isEqualTo("not read before");
    }
  }

  @Test
  void whoWaits_isServedOnceTheSourceIsThere() throws FsException {
    calls.hang();
    try (CacheFs cacheFs = open("cache", true)) {
      assertThat(read(cacheFs, "tree/known")).isEqualTo("read before");
      CompletableFuture<String> miss =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return read(cacheFs, "unknown");
                } catch (FsException e) {
                  return e.getMessage();
                }
              });
      calls.goOn();
      assertThat(miss).succeedsWithin(Duration.ofSeconds(20)).isEqualTo("not read before");
    }
  }

  @Test
  void withoutACacheThatKnowsIt_isRefusedInTime() throws FsException, IOException {
    calls.hang();
    long begin = System.nanoTime();
    assertThatThrownBy(() -> open("new", false)).hasMessageContaining("does not answer within 3 s");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(DEADLINE.multipliedBy(8));
    assertThat(Files.exists(directory.resolve("new"))).isFalse();
    calls.goOn();
    Files.move(source, directory.resolve("away"));
    assertThatThrownBy(() -> open("new", false)).hasMessageContaining("ENOENT");
    assertThat(Files.exists(directory.resolve("new"))).isFalse();
  }
}
