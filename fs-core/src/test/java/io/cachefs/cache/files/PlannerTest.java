package io.cachefs.cache.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.cache.data.DataCache;
import io.cachefs.cache.data.DataSettings;
import io.cachefs.cache.data.Space;
import io.cachefs.cache.eviction.Policies;
import io.cachefs.cache.eviction.Usage;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.Freshness;
import io.cachefs.cache.metadata.Glob;
import io.cachefs.cache.metadata.WriteModes;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.source.Source;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.InMemoryIndex;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees on a source that takes 5 ms for each request, read file by file. */
@Timeout(120)
@ExtendWith(Seeds.class)
class PlannerTest {
  private static final long DELAY_NANOS = 5_000_000;
  private static final int SIZE = 4096;

  @TempDir private Path root;
  private final AtomicBoolean full = new AtomicBoolean();
  private final List<AutoCloseable> open = new ArrayList<>();

  private SlowSource slow;
  private DataCache data;
  private CachedSource cached;

  private void open(boolean directories, Caching caching, Consistency consistency)
      throws FsException {
    slow = new SlowSource(root, DELAY_NANOS);
    Source source = slow.source();
    open.add(source);
    // An hour later, so that no file is too young for its version to tell all.
    Clock clock = new Clock(System::nanoTime, () -> Instant.now().plusSeconds(3600));
    ContentNews news = new ContentNews();
    InMemoryIndex index = new InMemoryIndex();
    data =
        new DataCache(
            index,
            new InMemoryBlobStore(),
            space(),
            DataSettings.DEFAULT,
            clock.wall(),
            clock.ticks(),
            news);
    open.add(data);
    CacheSettings settings =
        CacheSettings.of(root).with(consistency).with(Lifetimes.all(Duration.ofHours(1)));
    cached =
        new CachedSource(
            source,
            index,
            data,
            new Usage(index, Policies.named("lru", Duration.ofDays(1), 1000)),
            news,
            clock,
            new CachedSource.Settings(
                new Freshness(settings),
                caching,
                new WriteModes(settings.writing()),
                64 << 20,
                false,
                directories));
  }

  @BeforeEach
  void open() throws FsException {
    open(true, Caching.ALL, Consistency.TTL);
  }

  private void open(boolean directories) throws FsException {
    open(directories, Caching.ALL, Consistency.TTL);
  }

  private Space space() {
    return new Space() {
      @Override
      public boolean tryReserve(long bytes, long contents) {
        return !full.get();
      }

      @Override
      public void release(long bytes, long contents) {}

      @Override
      public void charge(long bytes) {}

      @Override
      public boolean tryPin(long bytes) {
        return true;
      }

      @Override
      public void unpin(long bytes) {}
    };
  }

  /** Closes what a test opened; nothing may be left in use. */
  private void close() throws Exception {
    if (!open.isEmpty()) {
      quiet();
      assertThat(data.status().contentsInUse()).as("contents in use").isZero();
    }
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    open.clear();
  }

  @AfterEach
  void leavesNothingOpen() throws Exception {
    close();
    assertThat(OpenDescriptors.under(root)).isEmpty();
  }

  /** Waits until nothing was asked for a while. */
  private void quiet() {
    int before = -1;
    int now = slow.count("find") + slow.count("open") + slow.count("close");
    while (now != before || data.status().contentsInUse() > 0) {
      before = now;
      LockSupport.parkNanos(150_000_000);
      now = slow.count("find") + slow.count("open") + slow.count("close");
    }
  }

  private static String directory(int number) {
    return "d%03d".formatted(number);
  }

  private static String file(int number) {
    return "f%05d".formatted(number);
  }

  private static byte[] content(String directory, String file, int size) {
    byte[] name = (directory + file).getBytes(StandardCharsets.UTF_8);
    byte[] content = new byte[size];
    for (int i = 0; i < size; i++) {
      content[i] = (byte) (name[i % name.length] + i / 7);
    }
    return content;
  }

  private void fill(int directories, int files, int size) throws IOException {
    for (int d = 0; d < directories; d++) {
      Path path = Files.createDirectory(root.resolve(directory(d)));
      for (int f = 0; f < files; f++) {
        Files.write(path.resolve(file(f)), content(directory(d), file(f), size));
      }
    }
  }

  private SourceNode directoryNode(String directory) throws FsException {
    return cached.find(cached.root().node(), Name.of(directory)).node();
  }

  /** Reads a file as a program does, and checks what it gets. */
  private void read(SourceNode directory, String directoryName, String file, int size)
      throws FsException {
    SourceNode node = cached.find(directory, Name.of(file)).node();
    SourceFile opened = cached.open(node, OpenFlags.READ_ONLY).file();
    try {
      ByteBuffer target = ByteBuffer.allocate(size + 1);
      assertThat(opened.read(0, target)).isEqualTo(size);
      assertThat(Arrays.copyOf(target.array(), size)).isEqualTo(content(directoryName, file, size));
    } finally {
      opened.close();
    }
  }

  private void read(int directory, int file) throws FsException {
    read(directoryNode(directory(directory)), directory(directory), file(file), SIZE);
  }

  /** Reads whole directories in the order of their names; returns how long it took. */
  private long walk(int directories, int files, int size) throws FsException {
    long begun = System.nanoTime();
    for (int d = 0; d < directories; d++) {
      SourceNode node = directoryNode(directory(d));
      for (int f = 0; f < files; f++) {
        read(node, directory(d), file(f), size);
      }
    }
    return System.nanoTime() - begun;
  }

  @ParameterizedTest
  @ValueSource(ints = {SIZE, 20_000})
  void walkByName_isFiveTimesAsFast_andAsksOnceForEachFile(int size) throws Exception {
    fill(5, 100, size);
    close();
    open(false);
    long oneDirectory = walk(1, 100, size);
    close();

    open(true);
    long fiveDirectories = walk(5, 100, size);
    quiet();

    System.out.printf(
        "planner: 100 files without %d ms, 500 with %d ms%n",
        oneDirectory / 1_000_000, fiveDirectories / 1_000_000);
    // A reader that comes just when a fetch ends may open the file once more.
    assertThat(slow.count("open")).isBetween(500, 505);
    assertThat(slow.count("read")).isBetween(500, 505);
    // A name may be asked for again by who looked just before the answer to another came.
    assertThat(slow.count("find")).isLessThanOrEqualTo(510);
    // Five times as many files in half again the time, also on a busy machine.
    assertThat(fiveDirectories).isLessThan(oneDirectory * 3 / 2);
  }

  @Test
  void walkInTheOrderOfTheListing_isFetchedAhead() throws Exception {
    fill(1, 200, SIZE);
    SourceNode node = directoryNode(directory(0));
    List<String> listed = new ArrayList<>();
    SourceDirectory directory = cached.openDirectory(node);
    directory.list(
        0,
        (name, length, inode, type, next) -> {
          listed.add(new String(name, 0, length, StandardCharsets.UTF_8));
          return true;
        });
    directory.close();
    listed.removeIf(name -> name.startsWith("."));
    int lists = slow.count("list");

    long before = data.status().misses();
    for (String name : listed) {
      read(node, directory(0), name, SIZE);
    }

    assertThat(slow.count("list")).as("it was listed already").isEqualTo(lists);
    assertThat(slow.count("open")).isBetween(200, 203);
    assertThat(data.status().misses() - before).isBetween(200L, 203L);
    assertThat(slow.count("find")).isLessThanOrEqualTo(205);
  }

  @Test
  void randomOrder_fetchesNothingThatIsNotRead() throws Exception {
    fill(1, 3000, SIZE);
    Random random = new Random(Seeds.seed());
    int[] files = random.ints(0, 3000).distinct().limit(80).toArray();
    for (int file : files) {
      read(0, file);
    }
    quiet();
    // Now and then two neighbours come one after the other.
    assertThat(slow.count("open")).isBetween(80, 80 + 6 * Walk.FIRST_WINDOW);
  }

  @Test
  void twoFilesOfADirectory_fetchFewMore() throws Exception {
    fill(1, 100, SIZE);
    read(0, 10);
    read(0, 11);
    quiet();
    assertThat(slow.count("open")).isBetween(2, 2 + 3 * Walk.FIRST_WINDOW);
  }

  @Test
  void twoFilesOfManyDirectories_useUpTheCredit() throws Exception {
    fill(60, 12, SIZE);
    slow.setDelay(0);
    for (int d = 59; d >= 0; d--) {
      read(d, 1);
      read(d, 2);
    }
    quiet();
    int inVain = slow.count("open") - 120;
    // Without a credit it would be 8 for each of the 60 directories.
    assertThat(inVain).isBetween(1, 160);
  }

  @Test
  void switchedOff_fetchesNothing() throws Exception {
    fill(1, 30, SIZE);
    open(false);
    for (int f = 0; f < 10; f++) {
      read(0, f);
    }
    quiet();
    assertThat(slow.count("open")).isEqualTo(10);
    assertThat(slow.count("list")).isZero();
  }

  @Test
  void strict_fetchesNothing() throws Exception {
    fill(1, 30, SIZE);
    open(true, Caching.ALL, Consistency.STRICT);
    for (int f = 0; f < 10; f++) {
      read(0, f);
    }
    quiet();
    assertThat(slow.count("open")).isEqualTo(10);
  }

  @Test
  void excludedFiles_areNotFetched() throws Exception {
    fill(1, 30, SIZE);
    Caching caching = new Caching(List.of(), List.of(new Glob("d000/f0001*")), Long.MAX_VALUE);
    open(true, caching, Consistency.TTL);
    for (int f = 0; f < 8; f++) {
      read(0, f);
    }
    quiet();
    // Ten of thirty are excluded; of those before and after all may have been fetched.
    assertThat(slow.count("open")).isBetween(9, 40);
  }

  @Test
  void closedWhileFilesAreFetched_leavesNothingBehind() throws Exception {
    fill(2, 100, SIZE);
    for (int f = 0; f < 12; f++) {
      read(0, f);
    }
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
    open.clear();
    assertThat(data.status().contentsInUse()).isZero();
    assertThat(OpenDescriptors.under(root)).isEmpty();
  }

  @Test
  void twoWalkers_fetchEachFileOnce() throws Exception {
    fill(3, 100, SIZE);
    Parallel.run(2, thread -> walk(3, 100, SIZE));
    quiet();
    // A reader that comes just when a fetch ends may open the file once more, each of the two; on a
    // busy machine that takes a while.
    assertThat(slow.count("open")).isBetween(300, 330);
    assertThat(slow.mostOpens()).isLessThanOrEqualTo(3);
  }

  @Test
  void cacheWithoutRoom_isNotFetchedInto() throws Exception {
    fill(1, 100, SIZE);
    full.set(true);
    for (int f = 0; f < 40; f++) {
      read(0, f);
    }
    quiet();
    assertThat(slow.count("open")).isBetween(40, 40 + 6 * Walk.FIRST_WINDOW);
  }

  @Test
  void failingSource_isLeftAlone_andReadersAreTold() throws Exception {
    fill(1, 100, SIZE);
    slow.setFailing(true);
    for (int f = 0; f < 20; f++) {
      int number = f;
      assertThatThrownBy(() -> read(0, number)).isInstanceOf(FsException.class);
    }
    quiet();
    assertThat(slow.count("open")).isBetween(20, 20 + 6 * Walk.FIRST_WINDOW);
    slow.setFailing(false);
    walk(1, 100, SIZE);
  }
}
