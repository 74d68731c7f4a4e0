package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.testing.posix.Flags;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A process that changes files through a cache that knows them, when it is told to, until it is
 * killed; see {@link KilledWriterTest}.
 */
final class ChangingProcess {
  private ChangingProcess() {}

  /** Takes the engine, the source and the cache. */
  public static void main(String... args) throws IOException, FsException {
    Engine engine = Engine.valueOf(args[0]);
    CacheFs cacheFs = CacheFs.open(engine.config(Path.of(args[1]), Path.of(args[2])));
    VfsFiles files = new VfsFiles(cacheFs.vfs());
    KilledWriterTest.readAll(files);
    System.out.println("knows " + files.list("d").size());
    int told = System.in.read();
    files.open(1, "d/written", Flags.O_WRONLY);
    files.write(1, 0, KilledWriterTest.NEW);
    files.close(1);
    files.rename("d/other", "d/replaced", 0);
    files.unlink("d/removed");
    files.create(1, "d/created", Flags.O_WRONLY, 0644);
    files.write(1, 0, KilledWriterTest.NEW);
    files.close(1);
    System.out.println("changed after " + told);
    while (told >= 0) {
      told = System.in.read();
    }
  }
}
