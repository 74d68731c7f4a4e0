package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Files are replaced at the source by renames, hundreds of times a second. Their names are there
 * all the time, so an open finds one version or another, looking up twice at most as the kernel
 * does, but for a rare one that loses its file twice; and what was opened can be read to its end.
 */
@ExtendWith(Seeds.class)
@Timeout(120)
class ReplacedFilesTest {
  private static final int FILES = 20;
  private static final int READERS = 6;
  private static final int ROUNDS = 1_000;
  private static final int SIZE = 20_000;

  /** One open of so many may lose its file twice in a row. */
  private static final int OPENS_FOR_A_LOSS = 200;

  @TempDir Path directory;

  private final AtomicInteger opens = new AtomicInteger();
  private final AtomicInteger losses = new AtomicInteger();

  @ParameterizedTest
  @EnumSource(names = {"BARE", "STRICT", "CLOSE_TO_OPEN", "CLOSE_TO_OPEN_UNWATCHED", "TINY"})
  void open_whileTheFileIsReplaced_findsOneVersion(Engine engine) throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < FILES; i++) {
      Files.write(source.resolve("f" + i), bytes(i));
    }
    AtomicBoolean done = new AtomicBoolean();
    try (CacheFs cacheFs = CacheFs.open(engine.config(source, directory.resolve("cache")))) {
      Vfs vfs = cacheFs.vfs();
      new Parallel()
          .add(
              () -> {
                try {
                  for (int round = 0; round < ROUNDS; round++) {
                    Path made = Files.write(source.resolve("made"), bytes(round));
                    Path target = source.resolve("f" + round % FILES);
                    // REPLACE_EXISTING would remove the old file first: the name would be gone.
                    Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
                  }
                } finally {
                  done.set(true);
                }
              })
          .add(
              READERS,
              number -> {
                Random random = Seeds.random(engine + " " + number);
                ByteBuffer buffer = ByteBuffer.allocateDirect(2 * SIZE);
                while (!done.get()) {
                  read(vfs, Name.of("f" + random.nextInt(FILES)), buffer);
                }
              })
          .run();
      assertThat(cacheFs.status().inodes()).isEqualTo(1);
    }
    assertThat(losses.get() * OPENS_FOR_A_LOSS).isLessThanOrEqualTo(opens.get());
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }

  private static byte[] bytes(int version) {
    byte[] bytes = new byte[SIZE];
    Arrays.fill(bytes, (byte) (1 + version % 100));
    return bytes;
  }

  private void read(Vfs vfs, Name name, ByteBuffer buffer) throws FsException {
    Entry entry = vfs.lookup(Vfs.ROOT, name);
    opens.incrementAndGet();
    long handle;
    try {
      try {
        handle = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY).handle();
      } catch (FsException e) {
        if (e.errno() != Errno.ESTALE) {
          throw e;
        }
        Entry again = vfs.lookup(Vfs.ROOT, name);
        vfs.forget(entry.inodeId(), 1);
        entry = again;
        handle = openedOrLost(vfs, entry);
        if (handle == Vfs.NO_HANDLE) {
          return;
        }
      }
      try {
        buffer.clear();
        int count = vfs.read(handle, 0, buffer);
        assertThat(count).isEqualTo(SIZE);
        for (int i = 0; i < count; i++) {
          if (buffer.get(i) == 0 || buffer.get(i) != buffer.get(0)) {
            assertThat(buffer.get(i)).as("at %d", i).isEqualTo(buffer.get(0)).isNotZero();
          }
        }
      } finally {
        vfs.release(handle);
      }
    } finally {
      vfs.forget(entry.inodeId(), 1);
    }
  }

  private long openedOrLost(Vfs vfs, Entry entry) throws FsException {
    try {
      return vfs.open(entry.inodeId(), OpenFlags.READ_ONLY).handle();
    } catch (FsException e) {
      if (e.errno() != Errno.ESTALE) {
        throw e;
      }
      losses.incrementAndGet();
      return Vfs.NO_HANDLE;
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"BARE", "CLOSE_TO_OPEN", "CLOSE_TO_OPEN_UNWATCHED", "TTL", "STRICT_UNWATCHED"})
  void openFile_replacedAtTheSource_staysReadableAsTheOldOne(Engine engine) throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    Path file = Files.write(source.resolve("f"), bytes(1));
    try (CacheFs cacheFs = CacheFs.open(engine.config(source, directory.resolve("cache")))) {
      Vfs vfs = cacheFs.vfs();
      Entry entry = vfs.lookup(Vfs.ROOT, Name.of("f"));
      long handle = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY).handle();
      Path made = Files.write(source.resolve("made"), bytes(2));
      Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
      ByteBuffer buffer = ByteBuffer.allocateDirect(2 * SIZE);
      assertThat(vfs.read(handle, 0, buffer)).isEqualTo(SIZE);
      assertThat(Reader.bytes(buffer, SIZE)).isEqualTo(bytes(1));
      vfs.release(handle);
      vfs.forget(entry.inodeId(), 1);
    }
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }
}
