package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was asked for once is not asked for again while its lifetime lasts. */
class WarmCacheTest {
  private static final int FILES = 20;

  /** {@code TCGETS} of {@code ioctls.h}. */
  private static final int IS_TERMINAL = 0x5401;

  @TempDir Path source;
  @TempDir Path cache;

  /** Names of the calls made on the source since the list was cleared. */
  private final Queue<String> asked = new ConcurrentLinkedQueue<>();

  @BeforeEach
  void makeTree() throws IOException {
    Path directory = Files.createDirectory(source.resolve("d"));
    Files.createSymbolicLink(directory.resolve("link"), Path.of("target"));
    for (int i = 0; i < FILES; i++) {
      Files.writeString(directory.resolve("f" + i), "content of " + i);
    }
  }

  private CacheFs open() throws FsException {
    return open(Lifetimes.all(Duration.ofHours(1)));
  }

  private CacheFs open(Lifetimes lifetimes) throws FsException {
    CacheSettings settings = CacheSettings.of(cache.resolve("cache")).with(lifetimes);
    CacheFs opened =
        CacheFs.open(
            CacheFsConfig.of(source).withCache(settings),
            ChangedFileCalls.of(
                new LinuxFileCalls(),
                call -> {
                  asked.add(call.name());
                  return call.proceed();
                }),
            later());
    asked.clear();
    return opened;
  }

  /** A clock by which the tree is so old that its times tell its states apart. */
  private static Clock later() {
    return new Clock(
        System::nanoTime, InstantSource.offset(InstantSource.system(), Duration.ofMinutes(1)));
  }

  /** Lists the directory with attributes, looks for what is not there, and reads everything. */
  private static List<String> walk(Vfs vfs) throws FsException {
    List<String> seen = new ArrayList<>();
    Entry directory = vfs.lookup(Vfs.ROOT, Name.of("d"));
    long handle = vfs.openDirectory(directory.inodeId()).handle();
    List<Entry> entries = new ArrayList<>();
    vfs.readDirectory(
        handle,
        0,
        true,
        (name, length, inode, type, next, entry) -> {
          if (entry != null) {
            seen.add(new String(name, 0, length, StandardCharsets.UTF_8));
            entries.add(entry);
          }
          return true;
        });
    vfs.releaseDirectory(handle);
    for (Entry entry : entries) {
      vfs.attributes(entry.inodeId(), Vfs.NO_HANDLE);
      seen.add(entry.attributes().isRegular() ? read(vfs, entry) : readlink(vfs, entry));
      vfs.forget(entry.inodeId(), 1);
    }
    Assertions.assertThatThrownBy(() -> vfs.lookup(directory.inodeId(), Name.of("none")))
        .hasMessageContaining("ENOENT");
    vfs.forget(directory.inodeId(), 1);
    seen.sort(null);
    return seen;
  }

  private static String readlink(Vfs vfs, Entry entry) throws FsException {
    return new String(vfs.readlink(entry.inodeId()), StandardCharsets.UTF_8);
  }

  private static String read(Vfs vfs, Entry entry) throws FsException {
    long handle = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY).handle();
    ByteBuffer buffer = ByteBuffer.allocateDirect(100);
    vfs.read(handle, 0, buffer);
    // Python asks this of every file it opens.
    Assertions.assertThatThrownBy(() -> vfs.ioctl(handle, IS_TERMINAL, new byte[0], 60))
        .hasMessageContaining("ENOTTY");
    vfs.release(handle);
    byte[] bytes = new byte[buffer.flip().remaining()];
    buffer.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void walk_again_asksTheSourceNothing() throws Exception {
    try (CacheFs cacheFs = open()) {
      List<String> first = walk(cacheFs.vfs());
      assertThat(first).hasSize(2 * (FILES + 1)).contains("content of 7", "target");
      asked.clear();

      assertThat(walk(cacheFs.vfs())).isEqualTo(first);

      assertThat(asked).isEmpty();
    }
  }

  @Test
  void walk_ofACacheThatWasOpenedAgain_asksTheSourceNothing() throws Exception {
    List<String> first;
    try (CacheFs cacheFs = open()) {
      first = walk(cacheFs.vfs());
    }
    try (CacheFs cacheFs = open()) {
      assertThat(walk(cacheFs.vfs())).isEqualTo(first);

      assertThat(asked).isEmpty();
    }
  }

  @Test
  void xattrs_ofSeveralNames_areAllKept() throws Exception {
    Path file = source.resolve("d/f0");
    List<String> names = List.of("user.a", "user.b", "user.c");
    var view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    for (String name : names) {
      view.write(name.substring("user.".length()), StandardCharsets.UTF_8.encode("of " + name));
    }
    try (CacheFs cacheFs = open()) {
      Vfs vfs = cacheFs.vfs();
      long directory = vfs.lookup(Vfs.ROOT, Name.of("d")).inodeId();
      long inode = vfs.lookup(directory, Name.of("f0")).inodeId();
      for (int i = 0; i < 2; i++) {
        asked.clear();
        List<String> listed =
            vfs.listXattrs(new Caller(0, 0, 1, 0), inode).stream()
                .map(name -> new String(name, StandardCharsets.UTF_8))
                .toList();
        assertThat(listed).containsAll(names);
        for (String name : names) {
          byte[] value = vfs.xattr(inode, name.getBytes(StandardCharsets.UTF_8));
          assertThat(new String(value, StandardCharsets.UTF_8)).isEqualTo("of " + name);
        }
      }
      assertThat(asked).doesNotContain("xattr", "listXattrs");
    }
  }

  @Test
  void open_ofContentOlderThanItsLifetime_readsItFromTheSource()
      throws FsException, InterruptedException {
    Duration hour = Duration.ofHours(1);
    Lifetimes shortData = new Lifetimes(hour, hour, hour, Duration.ofMillis(1));
    try (CacheFs cacheFs = open(shortData)) {
      List<String> first = walk(cacheFs.vfs());
      TimeUnit.MILLISECONDS.sleep(50);
      asked.clear();

      assertThat(walk(cacheFs.vfs())).isEqualTo(first);

      assertThat(asked.stream().filter("read"::equals)).hasSizeGreaterThanOrEqualTo(FILES);
    }
  }
}
