package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a cache says of names, attributes and its source. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class CacheStatusTest {
  @TempDir Path directory;

  private Path source;

  @BeforeEach
  void makeFiles() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
  }

  private CacheFs open(SourceCalls calls) throws FsException {
    CacheSettings settings =
        CacheSettings.of(directory.resolve("cache"))
            .with(Lifetimes.all(Duration.ofHours(1)))
            .with(new SourceCare(Duration.ofSeconds(2), false, true));
    return CacheFs.open(CacheFsConfig.of(source).withCache(settings), calls.calls());
  }

  private static CacheStatus status(CacheFs cacheFs) {
    return Objects.requireNonNull(cacheFs.status().cache());
  }

  private static void ask(Vfs vfs) throws FsException {
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("file"));
    assertThat(vfs.attributes(entry.inodeId(), Vfs.NO_HANDLE).size()).isEqualTo(7);
    vfs.forget(entry.inodeId(), 1);
    assertThatThrownBy(() -> vfs.lookup(Vfs.ROOT, Name.of("none"))).hasMessageContaining("ENOENT");
  }

  @Test
  void metadata_countsWhatTheSourceWasAskedForAndWhatNot() throws FsException {
    SourceCalls calls = SourceCalls.remote();
    try (CacheFs cacheFs = open(calls)) {
      ask(cacheFs.vfs());
      CacheStatus.Metadata first = status(cacheFs).metadata();
      assertThat(first.misses()).isPositive();
      calls.reset();
      for (int i = 0; i < 10; i++) {
        ask(cacheFs.vfs());
      }
      CacheStatus.Metadata later = status(cacheFs).metadata();
      assertThat(calls.total()).isZero();
      assertThat(later.misses()).isEqualTo(first.misses());
      assertThat(later.hits() - first.hits()).isGreaterThanOrEqualTo(30);
      assertThat(later.hitRatio())
          .isEqualTo((double) later.hits() / (later.hits() + later.misses()));
      assertThat(later.watches()).isZero();
    }
  }

  @Test
  void metadata_ofALocalSource_countsWatches() throws FsException {
    try (CacheFs cacheFs = open(SourceCalls.local())) {
      ask(cacheFs.vfs());
      assertThat(status(cacheFs).metadata().watches()).isPositive();
      assertThat(status(cacheFs).metadata().watchesRefused()).isZero();
      assertThat(status(cacheFs).source()).isNull();
    }
  }

  @Test
  void source_thatHangs_isDownForAReasonAndHasStuckCalls() throws FsException {
    SourceCalls calls = SourceCalls.remote();
    try (CacheFs cacheFs = open(calls)) {
      calls.hang();
      assertThatThrownBy(() -> ask(cacheFs.vfs())).hasMessageContaining("EIO");
      CacheStatus.SourceState state = Objects.requireNonNull(status(cacheFs).source());
      assertThat(state.state()).isEqualTo("down");
      assertThat(state.reason()).contains("did not answer");
      assertThat(state.stuck()).isPositive();
      assertThat(state.inFlight()).isGreaterThanOrEqualTo(state.stuck());
      calls.goOn();
    } finally {
      calls.goOn();
    }
  }
}
