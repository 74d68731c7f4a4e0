package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.check.CacheCheck;
import io.cachefs.engine.check.CheckException;
import io.cachefs.engine.check.CheckJob;
import io.cachefs.engine.check.CheckReport;
import io.cachefs.engine.check.Finding;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.engine.check.IdleCache;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.Verify;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.Index;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.lmdb.IndexOpener;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each kind of damage is found, repaired, and not found again; content is right before and after.
 */
@Timeout(120)
class CacheCheckTest {
  private static final int FILES = 6;

  @TempDir Path directory;

  private Path source;
  private Path cache;

  /** Something that goes wrong with a cache that nobody uses. */
  private interface Harm {
    void to(CacheCheckTest test) throws Exception;
  }

  /** Something that goes wrong with records. */
  private interface RecordHarm {
    void to(Index index, ContentRecord content) throws Exception;
  }

  enum Damage {
    BLOB_FLIPPED(Kind.BLOCK, test -> test.write(test.blob(), 100_000, 1)),
    BLOB_CUT(Kind.BLOB, test -> test.truncate(test.blob(), 50_000)),
    BLOB_LONGER(Kind.BLOB, test -> test.write(test.blob(), 1 << 20, 1)),
    BLOB_DELETED(Kind.BLOB, test -> Files.delete(test.blob())),
    BLOB_WITHOUT_RECORD(
        Kind.ORPHAN,
        test -> Files.write(test.blob().resolveSibling(nameInTheSameShard(test)), new byte[9])),
    TEMPORARY_FILE(
        Kind.ORPHAN, test -> Files.write(test.cache.resolve("cachefs.format.new"), new byte[3])),
    STRANGER_AMONG_BLOBS(
        Kind.ORPHAN, test -> Files.write(test.blob().resolveSibling("x.tmp"), new byte[3])),
    OPEN_TO_OTHERS(Kind.DIRECTORY, test -> test.letEverybodyInto(test.cache)),
    BLOBS_OPEN_TO_OTHERS(
        Kind.DIRECTORY, test -> test.letEverybodyInto(test.cache.resolve("blobs"))),
    RECORDS_FLIPPED(Kind.RECORD, CacheCheckTest::flipRecords),
    INDEX_CUT(Kind.INDEX, test -> test.truncate(test.data(), 20_000)),
    INDEX_DELETED(Kind.INDEX, test -> Files.delete(test.data())),
    CONTENT_OF_NO_FILE(
        Kind.REFERENCE, test -> test.change((index, content) -> index.removeInode(content.file()))),
    CONTENT_OF_ANOTHER_FILE(
        Kind.REFERENCE,
        test ->
            test.change(
                (index, content) -> {
                  var other = index.contentsFrom(content.id() + 1, 1).get(0);
                  InodeRecord inode = Objects.requireNonNull(index.inode(other.file()));
                  index.putInode(other.file(), naming(inode, content.id()));
                })),
    BLOCKS_WITHOUT_CONTENT(
        Kind.REFERENCE, test -> test.change((index, content) -> index.putBlocks(77, 0, group(3)))),
    BLOCKS_BEYOND_THE_END(
        Kind.REFERENCE,
        test -> test.change((index, content) -> index.putBlocks(content.id(), 9, group(1)))),
    INLINE_WITHOUT_CONTENT(
        Kind.REFERENCE, test -> test.change((index, content) -> index.putInline(77, new byte[5]))),
    NOT_COMPLETE(
        Kind.BLOB,
        test -> test.change((index, content) -> index.putBlocks(content.id(), 0, group(2)))),
    UNKNOWN_FLAGS(
        Kind.RECORD,
        test -> test.change((index, content) -> index.putContent(content.withFlags(64))));

    private final Kind kind;

    @SuppressWarnings("ImmutableEnumChecker")
    private final Harm harm;

    Damage(Kind kind, Harm harm) {
      this.kind = kind;
      this.harm = harm;
    }
  }

  private static InodeRecord naming(InodeRecord inode, long contentId) {
    return new InodeRecord(
        inode.attributes(), inode.checkedAtMillis(), contentId, 0, null, new byte[0], new byte[0]);
  }

  private static BlockGroup group(int blocks) {
    BlockGroup group = new BlockGroup();
    for (int i = 0; i < blocks; i++) {
      group.put(i, 1);
    }
    return group;
  }

  /** Counts on until a name belongs into the directory of the blob that is there. */
  private static String nameInTheSameShard(CacheCheckTest test) throws IOException {
    Path shard = Objects.requireNonNull(test.blob().getParent());
    long id = 1;
    while (shardOf(id) != Integer.parseInt(shard.getFileName().toString(), 16)) {
      id++;
    }
    return String.format("%016x", id);
  }

  /** As {@code docs/on-disk-format.md} has it by the package of blobs: the mixer of MurmurHash3. */
  private static int shardOf(long id) {
    long mixed = (id ^ (id >>> 33)) * 0xff51afd7ed558ccdL;
    mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return (int) (mixed >>> 56);
  }

  @BeforeEach
  void populate() throws Exception {
    source = Files.createDirectory(directory.resolve("source"));
    cache = directory.resolve("cache");
    for (int i = 0; i < FILES; i++) {
      CachedFiles.make(source, i, size(i));
    }
  }

  private static int size(int number) {
    return number % 3 == 0 ? 1000 : 150_000;
  }

  private CacheSettings settings() {
    return Engine.EXCLUSIVE
        .settings(cache)
        .with(Fetching.DEFAULT.with(Verify.FULL))
        .with(Limits.DEFAULT.withMemoryBytes(0));
  }

  private void fill() throws FsException {
    try (CacheFs cacheFs = CachedFiles.open(source, settings())) {
      readAll(cacheFs);
    }
  }

  private static void readAll(CacheFs cacheFs) throws FsException {
    for (int i = 0; i < FILES; i++) {
      assertThat(CachedFiles.isRight(cacheFs.vfs(), i, size(i))).as("f%d", i).isTrue();
    }
  }

  private CheckReport check(boolean repair) throws Exception {
    CheckJob job = new CheckJob(repair);
    try (IdleCache idle = IdleCache.open(cache, job, System::nanoTime, InstantSource.system())) {
      idle.check(job);
    }
    return job.report();
  }

  private static CheckReport check(CacheFs cacheFs, boolean repair) throws Exception {
    CheckJob job = new CheckJob(repair);
    CacheCheck check = Objects.requireNonNull(cacheFs.check());
    check.run(job);
    return job.report();
  }

  private Path data() {
    return cache.resolve("index/data.mdb");
  }

  private Path blob() throws IOException {
    return blobs().get(0);
  }

  private List<Path> blobs() throws IOException {
    try (Stream<Path> all = Files.walk(cache.resolve("blobs"))) {
      return all.filter(Files::isRegularFile)
          .filter(file -> file.getFileName().toString().length() == 16)
          .sorted()
          .toList();
    }
  }

  private void write(Path file, long at, int value) throws IOException {
    try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertThat(open.write(ByteBuffer.wrap(new byte[] {(byte) value, 1, 2, 3, 4}), at))
          .isEqualTo(5);
    }
  }

  private void truncate(Path file, long size) throws IOException {
    try (FileChannel open = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertThat(open.truncate(size).size()).isEqualTo(size);
    }
  }

  private void letEverybodyInto(Path place) {
    try {
      Path done =
          Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxr-xr-x"));
      assertThat(done).isEqualTo(place);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Flips a bit in the names of the records of names, which leaves the structure right. */
  private void flipRecords() throws IOException {
    byte[] bytes = Files.readAllBytes(data());
    byte[] name = "f4".getBytes(StandardCharsets.US_ASCII);
    int flipped = 0;
    for (int i = 0; i + name.length < bytes.length; i++) {
      if (bytes[i] == name[0] && bytes[i + 1] == name[1]) {
        bytes[i + 1] ^= 1;
        flipped++;
      }
    }
    assertThat(flipped).isPositive();
    Files.write(data(), bytes);
  }

  /** Changes records of a content that lies in a blob. */
  private void change(RecordHarm harm) throws Exception {
    var opened =
        IndexOpener.open(
            cache.resolve("index"), 1L << 30, InstantSource.system(), System::nanoTime);
    try (Index index = opened.index()) {
      ContentRecord content =
          index.contentsFrom(0, 100).stream()
              .filter(each -> (each.flags() & ContentRecord.INLINE) == 0)
              .findFirst()
              .orElseThrow();
      harm.to(index, content);
    }
  }

  @Test
  void check_ofASoundCache_findsNothingAndChangesNothing() throws Exception {
    fill();
    CheckReport report = check(false);
    assertThat(report.findings()).isEmpty();
    assertThat(report.found()).isZero();
    assertThat(report.contents()).isEqualTo(FILES);
    assertThat(report.blobs()).isEqualTo(4);
    assertThat(report.bytes()).isEqualTo(4 * 150_000);
    assertThat(report.records()).isGreaterThan(2 * FILES);
    SourceCalls calls = SourceCalls.local();
    readWithoutTheSource(calls);
    assertThat(calls.count("read")).isZero();
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  private void readWithoutTheSource(SourceCalls calls) throws FsException {
    var config = io.cachefs.engine.config.CacheFsConfig.of(source).withCache(settings());
    try (CacheFs cacheFs = CacheFs.open(config, calls.calls())) {
      readAll(cacheFs);
    }
  }

  @Test
  void check_ofACacheNeverUsed_findsNothing() throws Exception {
    CachedFiles.open(source, settings()).close();
    assertThat(check(false).findings()).isEmpty();
    assertThat(check(true).findings()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void check_ofADamagedCache_findsItAndRepairsIt(Damage damage) throws Exception {
    fill();
    damage.harm.to(this);
    if (damage == Damage.OPEN_TO_OTHERS) {
      assertThatThrownBy(() -> check(false)).isInstanceOf(CheckException.class);
    } else {
      CheckReport seen = check(false);
      assertThat(seen.findings()).extracting(Finding::kind).contains(damage.kind);
      assertThat(seen.left()).isEqualTo(seen.found()).isPositive();
      // Looking has changed nothing.
      assertThat(check(false).found()).isEqualTo(seen.found());
    }

    CheckReport repaired = check(true);

    assertThat(repaired.findings()).extracting(Finding::kind).contains(damage.kind);
    assertThat(repaired.findings()).allMatch(Finding::repaired);
    assertThat(repaired.left()).isZero();
    assertThat(check(false).findings()).isEmpty();
    fill();
    assertThat(check(false).findings()).isEmpty();
    SourceCalls calls = SourceCalls.local();
    readWithoutTheSource(calls);
    assertThat(calls.count("read")).as("reads once it is filled again").isZero();
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "BLOB_FLIPPED",
        "BLOB_CUT",
        "BLOB_LONGER",
        "BLOB_DELETED",
        "BLOB_WITHOUT_RECORD",
        "STRANGER_AMONG_BLOBS",
        "TEMPORARY_FILE",
        "BLOBS_OPEN_TO_OTHERS"
      })
  void check_whileTheCacheIsUsed_findsItUnlessTheScrubberDid_andRepairsIt(Damage damage)
      throws Exception {
    fill();
    try (CacheFs cacheFs = CachedFiles.open(source, settings())) {
      readAll(cacheFs);
      damage.harm.to(this);
      List<Finding> seen = new ArrayList<>(check(cacheFs, false).findings());
      CheckReport repaired = check(cacheFs, true);
      seen.addAll(repaired.findings());
      // The scrubber of the cache may have been first, which shows in its counter of damage.
      if (CachedFiles.status(cacheFs).data().damaged() == 0) {
        assertThat(seen).extracting(Finding::kind).contains(damage.kind);
      }
      assertThat(repaired.left()).isZero();
      assertThat(check(cacheFs, false).findings()).isEmpty();
      readAll(cacheFs);
      assertThat(check(cacheFs, false).findings()).isEmpty();
    }
    assertThat(check(false).findings()).isEmpty();
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  @Test
  void check_whileFilesAreReadAndChange_findsNothing() throws Exception {
    try (CacheFs cacheFs = CachedFiles.open(source, Engine.CLOSE_TO_OPEN.settings(cache))) {
      boolean[] end = {false};
      Thread reader =
          new Thread(
              () -> {
                for (int round = 0; !isEnded(end); round++) {
                  try {
                    CachedFiles.make(source, round % FILES, size(round % FILES) + round % 7);
                    var entry = cacheFs.vfs().lookup(Vfs.ROOT, name(round % FILES));
                    cacheFs.vfs().forget(entry.inodeId(), 1);
                    boolean ignored =
                        CachedFiles.isRight(
                            cacheFs.vfs(), round % FILES, size(round % FILES) + round % 7);
                    assert ignored || round >= 0;
                  } catch (FsException | IOException e) {
                    assert e.getMessage() != null;
                  }
                }
              });
      reader.start();
      try {
        for (int i = 0; i < 30; i++) {
          assertThat(check(cacheFs, i % 2 == 0).findings()).as("check %d", i).isEmpty();
        }
      } finally {
        synchronized (end) {
          end[0] = true;
        }
        reader.join();
      }
    }
    assertThat(check(false).findings()).isEmpty();
  }

  @Test
  void check_afterAFileWasFetchedUntilItWasOpenedForWriting_findsNothing() throws Exception {
    try (CacheFs cacheFs = CachedFiles.open(source, settings())) {
      Vfs vfs = cacheFs.vfs();
      long inode = vfs.lookup(Vfs.ROOT, name(1)).inodeId();
      long reader = vfs.open(inode, OpenFlags.READ_ONLY).handle();
      assertThat(vfs.read(reader, 0, ByteBuffer.allocateDirect(4096))).isEqualTo(4096);
      long writer = vfs.open(inode, OpenFlags.READ_WRITE).handle();
      // What was fetched is handed to the index now, and no file may name it.
      vfs.release(reader);
      vfs.release(writer);
      vfs.forget(inode, 1);
    }
    assertThat(check(false).findings()).isEmpty();
  }

  private static boolean isEnded(boolean[] end) {
    synchronized (end) {
      return end[0];
    }
  }

  private static io.cachefs.base.Name name(int number) throws FsException {
    return io.cachefs.base.Name.of("f" + number);
  }

  @Test
  void check_namesTheFileThatIsConcerned() throws Exception {
    Path below = Files.createDirectories(source.resolve("a/b"));
    CachedFiles.make(below, 9, 150_000);
    try (CacheFs cacheFs = CachedFiles.open(source, settings())) {
      assertThat(new Reader(cacheFs.vfs()).read("a/b/f9")).hasSize(150_000);
    }
    write(blob(), 20_000, 7);
    assertThat(check(false).findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.path()).isEqualTo("/a/b/f9");
              assertThat(finding.what()).startsWith("block 1 of blob");
              assertThat(finding.repaired()).isFalse();
            });
  }

  @Test
  void check_afterARecordOfContentWasDamaged_countsAnew() throws Exception {
    fill();
    byte[] bytes = Files.readAllBytes(data());
    long before;
    try (var index =
        IndexOpener.open(cache.resolve("index"), 1L << 30, InstantSource.system(), System::nanoTime)
            .index()) {
      before = index.status().contentBytes();
      ContentRecord content =
          index.contentsFrom(0, 100).stream()
              .filter(c -> c.storedBytes() > 0)
              .findFirst()
              .orElseThrow();
      // The size as it is in its record: signed, of variable length.
      index.putContent(content.withUse(content.usedAtMillis(), 77_777));
    }
    assertThat(bytes).isNotEmpty();
    byte[] now = Files.readAllBytes(data());
    int flipped = 0;
    for (int i = 0; i + 3 < now.length; i++) {
      // 77,777 as an unsigned number of variable length.
      if ((now[i] & 0xff) == 0xd1 && (now[i + 1] & 0xff) == 0xdf && now[i + 2] == 4) {
        now[i] ^= 1;
        flipped++;
      }
    }
    assertThat(flipped).isPositive();
    Files.write(data(), now);
    CheckReport repaired = check(true);
    assertThat(repaired.findings())
        .extracting(Finding::kind)
        .contains(Kind.RECORD, Kind.TOTALS, Kind.ORPHAN);
    assertThat(repaired.left()).isZero();
    assertThat(check(false).findings()).isEmpty();
    try (var index =
        IndexOpener.open(cache.resolve("index"), 1L << 30, InstantSource.system(), System::nanoTime)
            .index()) {
      assertThat(index.status().contentBytes()).isLessThan(before);
      assertThat(index.status().contents()).isEqualTo(FILES - 1);
    }
    fill();
    assertThat(check(false).findings()).isEmpty();
  }

  @Test
  void check_ofACacheInUse_isRefusedWithTheProcess() throws Exception {
    fill();
    try (CacheFs cacheFs = CachedFiles.open(source, settings())) {
      assertThat(cacheFs.check()).isNotNull();
      assertThatThrownBy(() -> check(false))
          .isInstanceOfSatisfying(
              CheckException.class,
              e -> {
                assertThat(e.isLocked()).isTrue();
                assertThat(e.pid()).isEqualTo(ProcessHandle.current().pid());
              });
    }
  }
}
