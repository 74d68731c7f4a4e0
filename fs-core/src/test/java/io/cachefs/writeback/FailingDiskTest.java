package io.cachefs.writeback;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.random.Seeds;
import io.cachefs.writeback.journal.DirectoryDisk;
import io.cachefs.writeback.journal.Room;
import io.cachefs.writeback.journal.Settings;
import io.cachefs.writeback.pending.PendingSettings;
import io.cachefs.writeback.send.Backpressure;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A disk that is full or fails: callers are told, and all that was answered for stays. */
@ExtendWith(Seeds.class)
@Timeout(120)
class FailingDiskTest {
  private static final Caller ROOT = new Caller(0, 0, 1, 0);
  private static final int STEPS = 400;
  private static final int LIVES = 4;
  private static final int SEGMENT = 64 << 10;

  @TempDir Path directory;

  private final Random random = Seeds.random("changes");
  private final Map<String, byte[]> expected = new TreeMap<>();
  private int failures;
  private int written;
  private boolean failing;

  private WriteBack open(Source base, DirectoryDisk disk, Errno errno) throws FsException {
    FailingDisk failingDisk = new FailingDisk(disk, errno, () -> failing && random.nextInt(4) == 0);
    WriteBack writeBack =
        WriteBack.open(
            base,
            failingDisk,
            Room.UNLIMITED,
            new Settings(SEGMENT, Duration.ZERO),
            System::nanoTime,
            InstantSource.system(),
            PendingSettings.DEFAULT,
            "test");
    Backpressure.Limits limits =
        new Backpressure.Limits(1 << 30, 1000, 1 << 30, Duration.ZERO, Duration.ofMillis(1));
    writeBack.limit(limits, () -> true);
    return writeBack;
  }

  @ParameterizedTest
  @EnumSource(names = {"ENOSPC", "EIO"})
  void whatWasAnsweredFor_isThere_whateverFailed(Errno errno) throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    for (int i = 0; i < 5; i++) {
      byte[] bytes = new byte[5000 * i];
      random.nextBytes(bytes);
      Files.write(source.resolve("f" + i), bytes);
      expected.put("f" + i, bytes);
    }
    try (PosixSource base = PosixSource.open(new LinuxFileCalls(), source, 64)) {
      for (int life = 0; life < LIVES; life++) {
        try (DirectoryDisk disk =
                DirectoryDisk.open(new LinuxFileCalls(), directory.resolve("journal"));
            WriteBack writeBack = open(base, disk, errno)) {
          assertSame(writeBack.source());
          for (int step = 0; step < STEPS / LIVES; step++) {
            failing = step % 20 < 10;
            try {
              change(writeBack.source());
            } catch (FsException e) {
              assertThat(e.errno()).isEqualTo(errno);
              failures++;
            }
          }
          failing = false;
          assertSame(writeBack.source());
        }
      }
    }
    assertThat(failures).isGreaterThan(STEPS / 50);
    assertThat(written).isGreaterThan(STEPS / 2);
  }

  /** Makes one change, and notes it if it was answered for. */
  private void change(Source source) throws FsException {
    SourceNode root = source.root().node();
    Name name = Name.of("f" + random.nextInt(10));
    byte[] before = expected.get(name.toString());
    if (before == null) {
      int flags = OpenFlags.CREATE | OpenFlags.EXCLUSIVE | OpenFlags.READ_WRITE;
      source.create(ROOT, root, name, 0644, flags).file().close();
      expected.put(name.toString(), new byte[0]);
      written++;
      return;
    }
    SourceNode node = source.find(root, name).node();
    switch (random.nextInt(5)) {
      case 0 -> {
        source.unlink(root, name);
        expected.remove(name.toString());
      }
      case 1 -> {
        Name other = Name.of("f" + random.nextInt(10));
        source.rename(root, name, root, other, 0, id -> null);
        expected.remove(name.toString());
        expected.put(other.toString(), before);
      }
      case 2 -> {
        int size = random.nextInt(20_000);
        Object unused = source.change(node, AttributeChange.NONE.withSize((long) size));
        expected.put(name.toString(), Arrays.copyOf(before, size));
        assertThat(unused).isNotNull();
      }
      default -> write(source, node, name, before);
    }
    written++;
  }

  private void write(Source source, SourceNode node, Name name, byte[] before) throws FsException {
    byte[] bytes = new byte[1 + random.nextInt(20_000)];
    random.nextBytes(bytes);
    int at = random.nextInt(20_000);
    SourceFile file = source.open(node, OpenFlags.READ_WRITE).file();
    try {
      ByteBuffer data = ByteBuffer.allocateDirect(bytes.length).put(bytes);
      int count = file.write(at, data.flip());
      assertThat(count).isEqualTo(bytes.length);
    } finally {
      file.close();
    }
    byte[] after = Arrays.copyOf(before, Math.max(before.length, at + bytes.length));
    System.arraycopy(bytes, 0, after, at, bytes.length);
    expected.put(name.toString(), after);
  }

  private void assertSame(Source source) throws FsException {
    SourceNode root = source.root().node();
    for (int i = 0; i < 10; i++) {
      Name name = Name.of("f" + i);
      byte[] bytes = expected.get(name.toString());
      byte[] found = null;
      try {
        SourceNode node = source.find(root, name).node();
        SourceFile file = source.open(node, OpenFlags.READ_ONLY).file();
        ByteBuffer all = ByteBuffer.allocateDirect(100_000);
        int count = file.read(0, all);
        file.close();
        found = new byte[count];
        all.flip().get(found);
      } catch (FsException e) {
        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
      }
      assertThat(found).as("%s, %s", name, Seeds.hint()).isEqualTo(bytes);
    }
  }
}
