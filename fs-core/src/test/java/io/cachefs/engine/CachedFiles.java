package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;

/** Makes files at a source and reads them through a file system, whole. */
final class CachedFiles {
  private static final int AT_ONCE = 64 << 10;

  private CachedFiles() {}

  /** Makes a file whose bytes depend on its number. */
  static void make(Path directory, int number, int size) throws IOException {
    Files.write(directory.resolve("f" + number), bytes(number, size));
  }

  /** Opens by a clock by which files made just now are old enough for their times to tell. */
  static CacheFs open(Path source, CacheSettings settings) throws FsException {
    Clock later =
        new Clock(
            System::nanoTime, InstantSource.offset(InstantSource.system(), Duration.ofMinutes(1)));
    CacheFsConfig config = CacheFsConfig.of(source).withCache(settings);
    return CacheFs.open(config, new LinuxFileCalls(), later);
  }

  static byte[] bytes(int number, int size) {
    byte[] bytes = new byte[size];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  /** Returns whether the file reads as it was made. */
  static boolean isRight(Vfs vfs, int number, int size) throws FsException {
    return Arrays.equals(read(vfs, number, size + 1), bytes(number, size));
  }

  private static byte[] read(Vfs vfs, int number, int most) throws FsException {
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("f" + number));
    ByteBuffer all = ByteBuffer.allocate(most);
    ByteBuffer part = ByteBuffer.allocateDirect(AT_ONCE);
    long handle = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY).handle();
    try {
      int count = 1;
      while (count > 0 && all.hasRemaining()) {
        part.clear().limit(Math.min(AT_ONCE, all.remaining()));
        count = vfs.read(handle, all.position(), part);
        all.put(part.flip());
      }
    } finally {
      vfs.release(handle);
      vfs.forget(entry.inodeId(), 1);
    }
    return Arrays.copyOf(all.array(), all.position());
  }

  static CacheStatus status(CacheFs cacheFs) {
    return Objects.requireNonNull(cacheFs.status().cache());
  }

  /** Returns what a directory with all that is in it has of the disk, in bytes. */
  static long allocated(Path directory) throws IOException {
    Process du =
        new ProcessBuilder("du", "-s", "-B1", directory.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String line = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return Long.parseLong(line.substring(0, line.indexOf('\t')));
  }
}
