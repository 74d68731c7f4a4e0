package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Timestamp;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.WriteRule;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written through a cache over a source far away, and read again. */
@ExtendWith(Seeds.class)
@Timeout(120)
class WrittenFilesTest {
  private static final Caller ROOT = new Caller(0, 0, 1, 0);
  private static final int CREATE = OpenFlags.READ_WRITE;
  private static final Duration LIFETIME = Duration.ofMillis(50);

  @TempDir Path directory;
  private Path source;
  private final SourceCalls calls = SourceCalls.remote();

  @BeforeEach
  void makeSource() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
  }

  private CacheSettings settings() {
    return CacheSettings.of(directory.resolve("cache")).with(Lifetimes.all(LIFETIME));
  }

  private CacheFs open(CacheSettings settings) throws FsException {
    return CacheFs.open(CacheFsConfig.of(source).withCache(settings), calls.calls());
  }

  private static long create(Vfs vfs, String name) throws FsException {
    CreatedFile made = vfs.create(ROOT, Vfs.ROOT, Name.of(name), 0644, CREATE);
    vfs.forget(made.entry().inodeId(), 1);
    return made.file().handle();
  }

  private static void write(Vfs vfs, long handle, byte[] bytes, int from, int to)
      throws FsException {
    int count = vfs.write(handle, from, ByteBuffer.wrap(bytes, from, to - from), false);
    assertThat(count).isEqualTo(to - from);
  }

  private static void close(Vfs vfs, long handle) throws FsException {
    vfs.flush(handle);
    vfs.release(handle);
  }

  private static void write(Vfs vfs, String name, byte[] bytes, int step) throws FsException {
    long handle = create(vfs, name);
    for (int at = 0; at < bytes.length; at += step) {
      write(vfs, handle, bytes, at, Math.min(bytes.length, at + step));
    }
    close(vfs, handle);
  }

  private void assertRead(Vfs vfs, String name, byte[] bytes, boolean fromCache)
      throws FsException {
    calls.reset();
    assertThat(new Reader(vfs).read(name)).as(name).isEqualTo(bytes);
    if (fromCache) {
      assertThat(calls.count("read")).as("fetches of %s: %s", name, calls).isZero();
    } else {
      assertThat(calls.count("read")).as("fetches of %s: %s", name, calls).isPositive();
    }
  }

  private static byte[] bytes(String why, int size) {
    byte[] bytes = new byte[size];
    Seeds.random(why).nextBytes(bytes);
    return bytes;
  }

  // --- Kept ---

  @ParameterizedTest
  @ValueSource(ints = {1, 4096, 4097, 16384, 16385, 100_000, 5_000_000})
  void whatWasWritten_isReadWithoutAFetch_alsoLaterAndAfterARestart(int size)
      throws FsException, InterruptedException {
    byte[] bytes = bytes("content", size);
    try (CacheFs cacheFs = open(settings())) {
      write(cacheFs.vfs(), "f", bytes, 1 << 20);
      assertRead(cacheFs.vfs(), "f", bytes, true);
      Thread.sleep(2 * LIFETIME.toMillis());
      assertRead(cacheFs.vfs(), "f", bytes, true);
    }
    Thread.sleep(2_200);
    try (CacheFs cacheFs = open(settings())) {
      assertRead(cacheFs.vfs(), "f", bytes, true);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 1000, 4096, 10_000, 70_000})
  void whatWasWrittenInPieces_isReadWithoutAFetch(int step) throws FsException {
    byte[] bytes = bytes("pieces", 200_001);
    try (CacheFs cacheFs = open(settings())) {
      write(cacheFs.vfs(), "f", bytes, step);
      assertRead(cacheFs.vfs(), "f", bytes, true);
    }
  }

  @Test
  void writing_asksTheSourceForAttributesOnceForEachFile_andReadingItThenNotAtAll()
      throws FsException {
    byte[] bytes = bytes("requests", 300_000);
    Lifetimes minute = Lifetimes.all(Duration.ofMinutes(1));
    try (CacheFs cacheFs = open(settings().with(minute).with(around("other")))) {
      Vfs vfs = cacheFs.vfs();
      long[] asked = new long[2];
      String[] names = {"kept", "other"};
      for (int i = 0; i < 2; i++) {
        calls.reset();
        write(vfs, names[i], bytes, 1000);
        asked[i] = calls.total();
      }
      assertThat(asked[0]).as("calls with keeping and without").isEqualTo(asked[1] + 1);
      assertRead(vfs, "kept", bytes, true);
      assertThat(calls.count("attributes")).as("%s", calls).isZero();
    }
  }

  @Test
  void truncatedOpen_andTruncationToNothing_beginAnew() throws FsException, IOException {
    byte[] bytes = bytes("anew", 50_000);
    Files.write(source.resolve("f"), bytes("old", 70_000));
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      long inode = vfs.lookup(Vfs.ROOT, Name.of("f")).inodeId();
      long handle = vfs.open(inode, OpenFlags.WRITE_ONLY | OpenFlags.TRUNCATE).handle();
      write(vfs, handle, bytes, 0, bytes.length);
      close(vfs, handle);
      assertRead(vfs, "f", bytes, true);

      handle = vfs.open(inode, OpenFlags.READ_WRITE).handle();
      vfs.setAttributes(inode, handle, AttributeChange.NONE.withSize(0L));
      write(vfs, handle, bytes, 0, 20_000);
      close(vfs, handle);
      assertRead(vfs, "f", java.util.Arrays.copyOf(bytes, 20_000), true);
    }
  }

  @Test
  void timesAndModeSetWhileItIsOpenAndAfter_keepTheContent() throws FsException {
    byte[] bytes = bytes("times", 50_000);
    TimeChange old = new TimeChange.At(new Timestamp(1_000_000_000, 0));
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      CreatedFile made = vfs.create(ROOT, Vfs.ROOT, Name.of("f"), 0600, CREATE);
      long inode = made.entry().inodeId();
      write(vfs, made.file().handle(), bytes, 0, bytes.length);
      vfs.setAttributes(inode, made.file().handle(), AttributeChange.NONE.withTimes(old, old));
      close(vfs, made.file().handle());
      assertRead(vfs, "f", bytes, true);
      vfs.setAttributes(inode, Vfs.NO_HANDLE, AttributeChange.NONE.withMode(0644));
      assertRead(vfs, "f", bytes, true);
      vfs.rename(Vfs.ROOT, Name.of("f"), Vfs.ROOT, Name.of("g"), 0);
      assertRead(vfs, "g", bytes, true);
    }
  }

  @Test
  void whatIsNotWritten_isFetched() throws FsException, IOException {
    byte[] bytes = bytes("holes", 100_000);
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      long handle = create(vfs, "f");
      write(vfs, handle, bytes, 0, 20_000);
      write(vfs, handle, bytes, 60_000, 100_000);
      vfs.fallocate(handle, 0, 0, 100_001);
      close(vfs, handle);
      assertRead(vfs, "f", Files.readAllBytes(source.resolve("f")), false);
    }
  }

  // --- Not kept ---

  private static Writing around(String glob) {
    return new Writing(
        WriteMode.WRITE_THROUGH, List.of(new WriteRule(glob, WriteMode.WRITE_AROUND)));
  }

  @Test
  void writeAround_keepsNothingOfWhatIsWritten_andCachesWhatIsRead() throws FsException {
    byte[] bytes = bytes("around", 50_000);
    try (CacheFs cacheFs = open(settings().with(around("*.log")))) {
      Vfs vfs = cacheFs.vfs();
      write(vfs, "a.log", bytes, bytes.length);
      write(vfs, "a.txt", bytes, bytes.length);
      assertRead(vfs, "a.txt", bytes, true);
      assertRead(vfs, "a.log", bytes, false);
      long used = CachedFiles.status(cacheFs).disk().files();
      assertThat(used).as("contents: one written, one read").isEqualTo(2);
    }
  }

  @Test
  void anotherWriterThroughTheMount_keepsNothing() throws FsException {
    byte[] bytes = bytes("two", 40_000);
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      CreatedFile made = vfs.create(ROOT, Vfs.ROOT, Name.of("f"), 0644, CREATE);
      write(vfs, made.file().handle(), bytes, 0, bytes.length);
      long other = vfs.open(made.entry().inodeId(), OpenFlags.WRITE_ONLY).handle();
      bytes[5]++;
      write(vfs, other, bytes, 5, 6);
      close(vfs, other);
      close(vfs, made.file().handle());
      assertRead(vfs, "f", bytes, false);
    }
  }

  @Test
  void copyIntoAFile_keepsNothing() throws FsException {
    byte[] bytes = bytes("copy", 40_000);
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      write(vfs, "from", bytes, bytes.length);
      long from =
          vfs.open(vfs.lookup(Vfs.ROOT, Name.of("from")).inodeId(), OpenFlags.READ_ONLY).handle();
      long to = create(vfs, "to");
      write(vfs, to, new byte[bytes.length], 0, bytes.length);
      assertThat(vfs.copyRange(from, 0, to, 0, bytes.length)).isEqualTo(bytes.length);
      close(vfs, to);
      vfs.release(from);
      assertRead(vfs, "to", bytes, false);
    }
  }

  @Test
  void aForeignChangeOfTheLengthWhileItIsWritten_isSeen() throws FsException, IOException {
    byte[] bytes = bytes("foreign", 40_000);
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      long handle = create(vfs, "f");
      write(vfs, handle, bytes, 0, bytes.length);
      Files.write(source.resolve("f"), new byte[] {1}, StandardOpenOption.APPEND);
      close(vfs, handle);
      assertRead(vfs, "f", Files.readAllBytes(source.resolve("f")), false);
    }
  }

  @Test
  void aForeignChangeAfterItWasClosed_isSeen()
      throws FsException, IOException, InterruptedException {
    byte[] bytes = bytes("foreign", 40_000);
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      for (int round = 0; round < 20; round++) {
        write(vfs, "f", bytes, bytes.length);
        // The source's clock has to make a step.
        Thread.sleep(15);
        bytes[round]++;
        Files.write(source.resolve("f"), bytes, StandardOpenOption.WRITE);
        Thread.sleep(LIFETIME.toMillis() + 5);
        assertRead(vfs, "f", bytes, false);
      }
    }
  }

  @Test
  void withoutRoom_writingGoesOnAndTheLimitHolds() throws FsException, IOException {
    CacheSettings small = settings().with(Limits.DEFAULT.withDiskBytes(Limits.MIN_DISK_BYTES));
    try (CacheFs cacheFs = open(small)) {
      Vfs vfs = cacheFs.vfs();
      for (int i = 0; i < 6; i++) {
        byte[] bytes = bytes("room " + i, 2_000_000);
        write(vfs, "f" + i, bytes, 100_000);
        assertThat(Files.readAllBytes(source.resolve("f" + i))).isEqualTo(bytes);
        assertThat(new Reader(vfs).read("f" + i)).isEqualTo(bytes);
        CacheStatus.Disk disk = CachedFiles.status(cacheFs).disk();
        assertThat(disk.usedBytes()).isLessThanOrEqualTo(Limits.MIN_DISK_BYTES);
      }
      assertThat(CachedFiles.allocated(directory.resolve("cache")))
          .isLessThanOrEqualTo(Limits.MIN_DISK_BYTES);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void fsync_reachesTheSourceBeforeItReturns(boolean around) throws FsException {
    byte[] bytes = bytes("sync", 10_000);
    CacheSettings settings = settings();
    try (CacheFs cacheFs = open(around ? settings.with(around("*")) : settings)) {
      Vfs vfs = cacheFs.vfs();
      long handle = create(vfs, "f");
      write(vfs, handle, bytes, 0, bytes.length);
      calls.reset();
      vfs.fsync(handle, false);
      assertThat(calls.count("sync")).as("%s", calls).isEqualTo(1);
      close(vfs, handle);
    }
  }

  /** Others replace and lengthen the files that are written here; at last all is as they are. */
  @Test
  void foreignWritersBeside_leaveNothingOld() throws Exception, InterruptedException {
    List<String> names = List.of("f0", "f1", "f2");
    Path aside = Files.createDirectory(directory.resolve("aside"));
    try (CacheFs cacheFs = open(settings())) {
      Vfs vfs = cacheFs.vfs();
      for (int round = 0; round < 15; round++) {
        String seed = "beside " + round;
        new Parallel()
            .add(
                () -> {
                  Random random = Seeds.random("here " + seed);
                  for (int i = 0; i < 6; i++) {
                    byte[] bytes = new byte[1 + random.nextInt(40_000)];
                    random.nextBytes(bytes);
                    write(vfs, names.get(random.nextInt(3)), bytes, 10_000);
                  }
                })
            .add(
                () -> {
                  Random random = Seeds.random("there " + seed);
                  for (int i = 0; i < 6; i++) {
                    changeBehind(names.get(random.nextInt(3)), aside, random);
                  }
                })
            .run();
        Thread.sleep(LIFETIME.toMillis() + 10);
        for (String name : names) {
          if (Files.exists(source.resolve(name))) {
            byte[] expected = Files.readAllBytes(source.resolve(name));
            assertThat(new Reader(vfs).read(name)).as("%s %s", seed, name).isEqualTo(expected);
          }
        }
      }
    }
  }

  private void changeBehind(String name, Path aside, Random random) throws IOException {
    byte[] bytes = new byte[1 + random.nextInt(40_000)];
    random.nextBytes(bytes);
    if (random.nextBoolean() && Files.exists(source.resolve(name))) {
      Files.write(source.resolve(name), bytes, StandardOpenOption.APPEND);
    } else {
      Path made = Files.write(aside.resolve("made"), bytes);
      Files.move(made, source.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** The process is killed anywhere between a write and the note of it. */
  @Test
  void read_afterTheProcessWasKilledWhileWriting_isAsTheSourceHasIt()
      throws FsException, IOException, InterruptedException {
    Random random = Seeds.random("kill");
    long unfetched = 0;
    for (int round = 0; round < 4; round++) {
      try (ChildProcess child =
          ChildProcess.java(
              WritingProcess.class,
              source.toString(),
              directory.resolve("cache").toString(),
              Long.toString(random.nextInt(1_000_000)))) {
        String first = child.awaitLine(line -> true, "a line", Duration.ofSeconds(60));
        assertThat(first).isEqualTo("writing");
        Thread.sleep(500 + random.nextInt(1_000));
        child.kill();
      }
      Thread.sleep(WritingProcess.LIFETIME.toMillis());
      try (CacheFs cacheFs = open(WritingProcess.settings(directory.resolve("cache")))) {
        for (int file = 0; file < WritingProcess.FILES; file++) {
          String name = "f" + file;
          if (Files.exists(source.resolve(name))) {
            calls.reset();
            byte[] expected = Files.readAllBytes(source.resolve(name));
            byte[] read = new Reader(cacheFs.vfs()).read(name);
            assertThat(read.length)
                .as("%d %s of %d", round, name, expected.length)
                .isEqualTo(expected.length);
            assertThat(read).as("%d %s", round, name).isEqualTo(expected);
            unfetched += calls.count("read") == 0 && expected.length > 0 ? 1 : 0;
          }
        }
      }
    }
    assertThat(unfetched).as("files read without a fetch").isPositive();
  }

  // --- Anything ---

  /** Whole files, ranges, truncations and closes at random, compared with the source each time. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anyOrderOfChanges_readsAsTheSourceHasIt(boolean inIndex) throws FsException, IOException {
    Random random = Seeds.random("any " + inIndex);
    int most = inIndex ? 5_000 : 90_000;
    CacheSettings settings = settings().with(Lifetimes.all(Duration.ofMinutes(1)));
    try (CacheFs cacheFs = open(settings.with(Fetching.DEFAULT))) {
      Vfs vfs = cacheFs.vfs();
      long unfetched = 0;
      for (int round = 0; round < 150; round++) {
        String name = "f" + round % 5;
        CreatedFile made = openAnew(vfs, name, random);
        long handle = made.file().handle();
        written = 0;
        for (int change = random.nextInt(6); change >= 0; change--) {
          change(vfs, made, random, most);
        }
        if (random.nextInt(5) == 0) {
          vfs.fsync(handle, true);
        }
        close(vfs, handle);
        vfs.forget(made.entry().inodeId(), 1);
        calls.reset();
        byte[] expected = Files.readAllBytes(source.resolve(name));
        assertThat(new Reader(vfs).read(name)).as("round %d", round).isEqualTo(expected);
        unfetched += calls.count("read") == 0 && expected.length > 0 ? 1 : 0;
      }
      assertThat(unfetched).as("files read without a fetch").isGreaterThan(10);
    }
  }

  private static CreatedFile openAnew(Vfs vfs, String name, Random random) throws FsException {
    int flags = CREATE | OpenFlags.CREATE | (random.nextInt(4) > 0 ? OpenFlags.TRUNCATE : 0);
    return vfs.create(ROOT, Vfs.ROOT, Name.of(name), 0644, flags);
  }

  /** Where the last of the writes that follow each other ended. */
  private int written;

  private void change(Vfs vfs, CreatedFile file, Random random, int most) throws FsException {
    long handle = file.file().handle();
    switch (random.nextInt(12)) {
      case 0 -> vfs.fallocate(handle, random.nextInt(2), random.nextInt(most), 1_000);
      case 1 -> vfs.fallocate(handle, 3, random.nextInt(most), 1 + random.nextInt(1_000));
      case 2 -> {
        int size = random.nextBoolean() ? 0 : random.nextInt(most);
        vfs.setAttributes(
            file.entry().inodeId(), handle, AttributeChange.NONE.withSize((long) size));
        written = size;
      }
      case 3, 4 -> {
        byte[] bytes = new byte[1 + random.nextInt(most / 4)];
        random.nextBytes(bytes);
        int at = random.nextInt(most / 2);
        int unused = vfs.write(handle, at, ByteBuffer.wrap(bytes), false);
      }
      default -> {
        byte[] bytes = new byte[1 + random.nextInt(most / 2)];
        random.nextBytes(bytes);
        written += vfs.write(handle, written, ByteBuffer.wrap(bytes), false);
      }
    }
  }
}
