package io.cachefs.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.source.Source;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;

/** The example of {@code docs/library.md}; {@link LibraryDocTest} keeps the two the same. */
final class LibraryExample {
  private LibraryExample() {}

  static String run(Path directory) throws FsException {
    // begin
    try (CacheFs cacheFs = CacheFs.open(CacheFsConfig.of(directory))) {
      Vfs vfs = cacheFs.vfs();
      Caller me = new Caller(0, 0, 1, 022);
      CreatedFile made = vfs.create(me, Vfs.ROOT, Name.of("hello"), 0666, OpenFlags.READ_WRITE);
      ByteBuffer text = ByteBuffer.wrap(new byte[] {'h', 'i'});
      int written = vfs.write(made.file().handle(), 0, text, false);
      ByteBuffer read = ByteBuffer.allocate(written);
      int count = vfs.read(made.file().handle(), 0, read);
      vfs.release(made.file().handle());
      vfs.forget(made.entry().inodeId(), 1);
      return new String(read.array(), 0, count, UTF_8);
    }
    // end
  }

  static String runCached(Source source, Path cacheDirectory) throws FsException {
    // begin cached
    CacheSettings settings =
        CacheSettings.of(cacheDirectory).with(Lifetimes.all(Duration.ofMinutes(5)));
    try (CacheFs cacheFs = CacheFs.over(source, "my source", settings)) {
      Vfs vfs = cacheFs.vfs();
      Entry entry = vfs.lookup(Vfs.ROOT, Name.of("hello"));
      long handle = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY).handle();
      ByteBuffer read = ByteBuffer.allocate((int) entry.attributes().size());
      int count = vfs.read(handle, 0, read);
      vfs.release(handle);
      vfs.forget(entry.inodeId(), 1);
      return new String(read.array(), 0, count, UTF_8);
    }
    // end
  }
}
