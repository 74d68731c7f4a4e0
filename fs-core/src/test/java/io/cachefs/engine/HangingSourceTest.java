package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** While the source hangs, what is cached is served, and the rest fails in time. */
@Timeout(60)
class HangingSourceTest {
  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final int FILES = 20;

  @TempDir Path directory;

  private Path source;
  private final SourceCalls calls = SourceCalls.remote();
  private CacheFs cacheFs;
  private Vfs vfs;

  @BeforeEach
  void open() throws FsException, IOException, InterruptedException {
    source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < FILES; i++) {
      Files.write(source.resolve("f" + i), new byte[i * 3000]);
    }
    Files.createDirectory(source.resolve("other"));
    Files.writeString(source.resolve("other/unknown"), "not read before");
    // What is fetched sooner after a change is fetched once more, in the middle of a test.
    Thread.sleep(2_100);
    CacheSettings settings =
        CacheSettings.of(directory.resolve("cache"))
            .with(Consistency.TTL)
            .with(Lifetimes.all(Duration.ofHours(1)))
            .with(new SourceCare(DEADLINE, false, true));
    cacheFs = CacheFs.open(CacheFsConfig.of(source).withCache(settings), calls.calls());
    vfs = cacheFs.vfs();
  }

  @AfterEach
  void close() throws IOException {
    calls.goOn();
    cacheFs.close();
    assertThat(OpenDescriptors.under(directory.resolve("cache"))).isEmpty();
  }

  private List<String> names() throws FsException {
    List<String> names = new ArrayList<>();
    OpenFile opened = vfs.openDirectory(Vfs.ROOT);
    try {
      vfs.readDirectory(
          opened.handle(),
          0,
          true,
          (name, length, inode, type, next, entry) -> {
            names.add(new String(name, 0, length, StandardCharsets.UTF_8));
            if (entry != null) {
              vfs.forget(entry.inodeId(), 1);
            }
            return true;
          });
    } finally {
      vfs.releaseDirectory(opened.handle());
    }
    return names;
  }

  private void useWhatIsCached() throws FsException {
    Reader reader = new Reader(vfs);
    assertThat(names()).hasSize(FILES + 3);
    for (int i = 0; i < FILES; i++) {
      assertThat(reader.read("f" + i)).hasSize(i * 3000);
    }
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("f3"));
    assertThat(vfs.attributes(entry.inodeId(), Vfs.NO_HANDLE).size()).isEqualTo(9000);
    vfs.forget(entry.inodeId(), 1);
    assertThatThrownBy(() -> vfs.lookup(Vfs.ROOT, Name.of("none"))).hasMessageContaining("ENOENT");
  }

  /** Returns how long it took to fail. */
  private Duration miss() {
    long begin = System.nanoTime();
    assertThatThrownBy(() -> new Reader(vfs).read("other/unknown"))
        .isInstanceOf(FsException.class)
        .hasMessageContaining("EIO");
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  @Test
  void whatIsCached_whileTheSourceHangs_isServedWithoutAskingIt() throws Exception {
    useWhatIsCached();
    useWhatIsCached();
    calls.hang();

    long begin = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      useWhatIsCached();
    }

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(DEADLINE.multipliedBy(5));
  }

  @Test
  void whatIsNotCached_whileTheSourceHangs_failsAtTheDeadlineAndThenAtOnce() throws Exception {
    useWhatIsCached();
    calls.hang();

    assertThat(miss())
        .isGreaterThanOrEqualTo(DEADLINE.dividedBy(2))
        .isLessThan(DEADLINE.multipliedBy(4));
    for (int i = 0; i < 3; i++) {
      Duration unused = miss();
    }
    assertThat(miss()).as("once the source is known to be down").isLessThan(DEADLINE.dividedBy(2));
    useWhatIsCached();
  }

  @Test
  void whatIsNotCached_afterTheSourceAnswersAgain_isRead()
      throws FsException, InterruptedException {
    useWhatIsCached();
    calls.hang();
    for (int i = 0; i < 3; i++) {
      Duration unused = miss();
    }
    calls.goOn();

    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    byte[] read = new byte[0];
    while (read.length == 0 && System.nanoTime() < deadline) {
      try {
        read = new Reader(vfs).read("other/unknown");
      } catch (FsException e) {
        Thread.sleep(20);
      }
    }
    assertThat(new String(read, StandardCharsets.UTF_8)).isEqualTo("not read before");
    useWhatIsCached();
  }
}
