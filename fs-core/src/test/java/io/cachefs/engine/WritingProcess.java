package io.cachefs.engine;

import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;

/** A process that writes whole files until it is killed; see {@link WrittenFilesTest}. */
final class WritingProcess {
  static final int FILES = 30;

  /** So long a note of a change that was lost with the process may be missed. */
  static final Duration LIFETIME = Duration.ofMillis(100);

  private WritingProcess() {}

  static CacheSettings settings(Path cache) {
    return CacheSettings.of(cache).with(Lifetimes.all(LIFETIME));
  }

  /** Takes the source, the cache and a seed. */
  public static void main(String... args) throws FsException {
    Random random = new Random(Long.parseLong(args[2]));
    CacheFsConfig config = CacheFsConfig.of(Path.of(args[0])).withCache(settings(Path.of(args[1])));
    int flags = OpenFlags.READ_WRITE | OpenFlags.CREATE | OpenFlags.TRUNCATE;
    try (CacheFs cacheFs = CacheFs.open(config, SourceCalls.remote().calls())) {
      System.out.println("writing");
      Vfs vfs = cacheFs.vfs();
      while (true) {
        Name name = Name.of("f" + random.nextInt(FILES));
        CreatedFile made = vfs.create(new Caller(0, 0, 1, 0), Vfs.ROOT, name, 0644, flags);
        long handle = made.file().handle();
        int size = 0;
        for (int i = random.nextInt(5); i >= 0; i--) {
          byte[] bytes = new byte[1 + random.nextInt(i == 0 ? 2_000 : 30_000)];
          random.nextBytes(bytes);
          size += vfs.write(handle, size, ByteBuffer.wrap(bytes), false);
        }
        vfs.flush(handle);
        vfs.release(handle);
        vfs.forget(made.entry().inodeId(), 1);
      }
    }
  }
}
