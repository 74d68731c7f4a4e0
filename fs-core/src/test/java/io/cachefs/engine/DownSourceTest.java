package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a source that is down said last is used, however long ago; by the default lifetimes. */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class DownSourceTest {
  private static final Duration DEADLINE = Duration.ofMillis(1_500);

  /** After this, lifetimes are over, and what was fetched too early would be fetched again. */
  private static final Duration LATER = Duration.ofMillis(2_500);

  private static final int PART = 64 << 10;

  @TempDir Path directory;

  private Path source;
  private byte[] large;
  private final SourceCalls calls = SourceCalls.remote();
  private CacheFs cacheFs;
  private Vfs vfs;

  @BeforeEach
  void makeFiles() throws IOException {
    source = Files.createDirectory(directory.resolve("source"));
    large = new byte[32 * PART];
    new Random(20261121).nextBytes(large);
    Files.writeString(source.resolve("small"), "fetched just before");
    Files.write(source.resolve("large"), large);
    Files.createDirectory(source.resolve("far"));
    Files.writeString(source.resolve("far/unknown"), "not read before");
  }

  private void open(Consistency consistency) throws FsException {
    CacheSettings settings =
        CacheSettings.of(directory.resolve("cache"))
            .with(consistency)
            .with(new SourceCare(DEADLINE, false, true));
    cacheFs = CacheFs.open(CacheFsConfig.of(source).withCache(settings), calls.calls());
    vfs = cacheFs.vfs();
  }

  @AfterEach
  void close() {
    calls.goOn();
    cacheFs.close();
  }

  private CacheStatus cache() {
    return Objects.requireNonNull(cacheFs.status().cache());
  }

  private String sourceState() {
    return Objects.requireNonNull(cache().source()).state();
  }

  private List<String> names() throws FsException {
    List<String> names = new ArrayList<>();
    OpenFile opened = vfs.openDirectory(Vfs.ROOT);
    try {
      vfs.readDirectory(
          opened.handle(),
          0,
          false,
          (name, length, inode, type, next, entry) -> {
            names.add(new String(name, 0, length, StandardCharsets.UTF_8));
            return true;
          });
    } finally {
      vfs.releaseDirectory(opened.handle());
    }
    return names;
  }

  /** Asks for something that is not cached, so that it is known that the source hangs. */
  private void hang() throws InterruptedException {
    calls.hang();
    assertThatThrownBy(() -> new Reader(vfs).read("far/unknown")).hasMessageContaining("EIO");
    await("down");
  }

  private void awaitUp() throws InterruptedException {
    calls.goOn();
    await("up");
  }

  private void await(String state) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!sourceState().equals(state)) {
      assertThat(System.nanoTime()).as(sourceState()).isLessThan(end);
      Thread.sleep(20);
    }
  }

  private String small() throws FsException {
    return new String(new Reader(vfs).read("small"), StandardCharsets.UTF_8);
  }

  @Test
  void whatWasReadJustBefore_staysThereWhileTheSourceIsDown()
      throws FsException, InterruptedException {
    open(Consistency.CLOSE_TO_OPEN);
    assertThat(small()).isEqualTo("fetched just before");
    assertThat(new Reader(vfs).read("large")).isEqualTo(large);
    assertThat(names()).contains("small", "large", "far");
    assertThatThrownBy(() -> vfs.lookup(Vfs.ROOT, Name.of("none"))).hasMessageContaining("ENOENT");
    hang();
    Thread.sleep(LATER.toMillis());

    long begin = System.nanoTime();
    assertThat(small()).isEqualTo("fetched just before");
    assertThat(new Reader(vfs).read("large")).isEqualTo(large);
    assertThat(names()).contains("small", "large", "far");
    assertThatThrownBy(() -> vfs.lookup(Vfs.ROOT, Name.of("none"))).hasMessageContaining("ENOENT");
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("small"));
    assertThat(vfs.attributes(entry.inodeId(), Vfs.NO_HANDLE).size()).isEqualTo(19);
    assertThat(vfs.attributesLifetime(entry.inodeId())).isPositive();
    vfs.forget(entry.inodeId(), 1);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(DEADLINE);
  }

  @Test
  void whatChangedMeanwhile_isSeenOnceTheSourceIsUp()
      throws FsException, IOException, InterruptedException {
    open(Consistency.CLOSE_TO_OPEN);
    assertThat(small()).isEqualTo("fetched just before");
    hang();
    Files.writeString(source.resolve("small"), "changed while it was down");
    Thread.sleep(LATER.toMillis());
    assertThat(small()).isEqualTo("fetched just before");
    awaitUp();
    assertThat(small()).isEqualTo("changed while it was down");
  }

  @Test
  void strict_neverServesWhatItCannotAskFor() throws FsException, InterruptedException {
    open(Consistency.STRICT);
    assertThat(small()).isEqualTo("fetched just before");
    hang();
    assertThatThrownBy(this::small).hasMessageContaining("EIO");
  }

  private String part(long handle, int number) throws FsException {
    ByteBuffer buffer = ByteBuffer.allocate(PART);
    int count = vfs.read(handle, (long) number * PART, buffer);
    byte[] read = Reader.bytes(buffer, count);
    byte[] right = Arrays.copyOfRange(large, number * PART, (number + 1) * PART);
    return Arrays.equals(read, right) ? "right" : count + " wrong bytes";
  }

  @Test
  void blocksThatWereStillToBeConfirmed_stayReadable_andAreFetchedAgainLater()
      throws FsException, InterruptedException {
    Thread.sleep(LATER.toMillis());
    open(Consistency.CLOSE_TO_OPEN);
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("large"));
    OpenFile first = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY);
    for (int number : new int[] {0, 9, 20}) {
      assertThat(part(first.handle(), number)).isEqualTo("right");
    }
    hang();
    // What was fetched after the first part is confirmed at the close at the latest: not any more.
    vfs.release(first.handle());
    Thread.sleep(LATER.toMillis());

    for (int round = 0; round < 2; round++) {
      OpenFile again = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY);
      for (int number : new int[] {0, 9, 20}) {
        assertThat(part(again.handle(), number)).isEqualTo("right");
      }
      vfs.release(again.handle());
    }
    awaitUp();
    long fetched = cache().data().fetchedBytes();
    OpenFile last = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY);
    assertThat(part(last.handle(), 9)).isEqualTo("right");
    vfs.release(last.handle());
    vfs.forget(entry.inodeId(), 1);
    assertThat(cache().data().fetchedBytes()).isGreaterThan(fetched);
  }

  private void assertXattr(long inode, String name, String errno) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> vfs.xattr(inode, bytes)).as(name).hasMessageContaining(errno);
  }

  @Test
  void attributesOfTheSystem_neverAskedFor_areUnsupportedWhileTheSourceIsDown()
      throws FsException, InterruptedException {
    Thread.sleep(LATER.toMillis());
    open(Consistency.CLOSE_TO_OPEN);
    Entry asked = vfs.lookup(Vfs.ROOT, Name.of("small"));
    Entry other = vfs.lookup(Vfs.ROOT, Name.of("large"));
    assertXattr(asked.inodeId(), "system.posix_acl_access", "ENODATA");
    assertXattr(asked.inodeId(), "user.mine", "ENODATA");
    hang();
    Thread.sleep(LATER.toMillis());

    assertXattr(asked.inodeId(), "system.posix_acl_access", "ENODATA");
    assertXattr(asked.inodeId(), "user.mine", "ENODATA");
    // Not ENODATA: there might be an access list that refuses.
    assertXattr(other.inodeId(), "system.posix_acl_access", "EOPNOTSUPP");
    assertXattr(other.inodeId(), "security.selinux", "EOPNOTSUPP");
    assertXattr(other.inodeId(), "user.mine", "EIO");
  }
}
