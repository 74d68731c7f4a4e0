package io.cachefs.cache.files;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Attributes;
import io.cachefs.base.ByteRange;
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
import io.cachefs.cache.metadata.WriteModes;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.InMemoryIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that somebody knows are handed to the cache. */
class KeepTest {
  @TempDir private Path root;
  private SlowSource slow;
  private Source source;
  private DataCache data;
  private CachedSource cached;

  @BeforeEach
  void open() throws FsException {
    slow = new SlowSource(root, 0);
    source = slow.source();
    Clock clock = new Clock(System::nanoTime, InstantSource.system());
    ContentNews news = new ContentNews();
    InMemoryIndex index = new InMemoryIndex();
    data =
        new DataCache(
            index,
            new InMemoryBlobStore(),
            new Unlimited(),
            DataSettings.DEFAULT,
            clock.wall(),
            clock.ticks(),
            news);
    CacheSettings settings = CacheSettings.of(root);
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
                Caching.ALL,
                new WriteModes(settings.writing()),
                64 << 20,
                false,
                false));
  }

  @AfterEach
  void close() throws IOException {
    cached.close();
    data.close();
    source.close();
  }

  private static final class Unlimited implements Space {
    @Override
    public boolean tryReserve(long bytes, long contents) {
      return true;
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
  }

  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Bytes(byte[] all, List<ByteRange> ranges) implements KeptBytes {
    @Override
    public void read(long offset, ByteBuffer target) {
      target.put(all, (int) offset, target.remaining());
    }
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  private Found find() throws FsException {
    return cached.find(cached.root().node(), Name.of("f"));
  }

  private Attributes now() throws FsException {
    return source.find(source.root().node(), Name.of("f")).attributes();
  }

  private void assertRead(byte[] expected) throws FsException {
    SourceFile file = cached.open(find().node(), OpenFlags.READ_ONLY).file();
    try {
      ByteBuffer target = ByteBuffer.allocate(expected.length + 1);
      assertThat(file.read(0, target)).isEqualTo(expected.length);
      assertThat(Arrays.copyOf(target.array(), expected.length)).isEqualTo(expected);
    } finally {
      file.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4096, 20_000, 3_000_000})
  void whatIsKept_isReadWithoutOpeningTheSourcesFile(int size) throws FsException, IOException {
    byte[] bytes = bytes(size);
    Files.write(root.resolve("f"), bytes);
    Found found = find();
    cached.keep(found.node(), now(), new Bytes(bytes, List.of(new ByteRange(0, size))));
    assertRead(bytes);
    assertThat(slow.count("open")).isZero();
  }

  @Test
  void ranges_areKeptAndTheRestIsFetched() throws FsException, IOException {
    byte[] bytes = bytes(200_000);
    Files.write(root.resolve("f"), bytes);
    byte[] partly = bytes.clone();
    Arrays.fill(partly, 50_000, 100_000, (byte) 1);
    List<ByteRange> ranges = List.of(new ByteRange(0, 50_000), new ByteRange(100_000, 100_000));
    cached.keep(find().node(), now(), new Bytes(partly, ranges));
    assertRead(bytes);
    assertThat(slow.count("open")).isPositive();
  }

  @Test
  void whatIsOfAnotherVersion_isNotUsed() throws FsException, IOException {
    byte[] bytes = bytes(20_000);
    Files.write(root.resolve("f"), new byte[20_000]);
    Found found = find();
    Attributes before = now();
    Files.write(root.resolve("f"), bytes);
    Files.setLastModifiedTime(
        root.resolve("f"), java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
    ByteRange all = new ByteRange(0, 20_000);
    cached.keep(found.node(), before, new Bytes(new byte[20_000], List.of(all)));
    assertRead(bytes);
  }

  @Test
  void whatIsOpenForWriting_isNotKept() throws FsException, IOException {
    byte[] bytes = bytes(20_000);
    Files.write(root.resolve("f"), bytes);
    SourceFile writer = cached.open(find().node(), OpenFlags.READ_WRITE).file();
    ByteRange all = new ByteRange(0, 20_000);
    cached.keep(find().node(), now(), new Bytes(new byte[20_000], List.of(all)));
    writer.close();
    assertRead(bytes);
  }
}
