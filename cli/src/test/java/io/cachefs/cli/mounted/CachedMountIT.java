package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What programs see through a mount with a cache when the source changes or hangs. */
@ExtendWith(Seeds.class)
@Timeout(180)
class CachedMountIT {
  /** What the project promises for a watched source. */
  private static final Duration VISIBLE = Duration.ofMillis(100);

  /** What a busy machine may add. */
  private static final Duration SLACK = Duration.ofMillis(400);

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int SIZE = 300_000;

  /** What must become true. */
  private interface Check {
    boolean holds() throws IOException;
  }

  private static Duration timeUntil(Check check) throws IOException {
    long begin = System.nanoTime();
    while (!check.holds()) {
      assertThat(System.nanoTime() - begin).isLessThan(LIMIT.toNanos());
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static byte[] bytes(int size, int version) {
    byte[] bytes = new byte[size];
    Arrays.fill(bytes, (byte) (1 + version % 100));
    return bytes;
  }

  private static boolean shows(Path file, byte[] expected) throws IOException {
    try {
      return Arrays.equals(Files.readAllBytes(file), expected);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Makes what is cached old enough to be taken for settled. */
  private static void old(Path file) {
    TestMount.runIn(Path.of("/"), LIMIT, "touch -d '1 hour ago' '" + file + "'; sleep 0.01");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough", "--consistency=ttl=1h"})
  void change_behindTheMount_isVisibleSoon(String flag) throws IOException {
    try (TestMount mount = TestMount.open(flag)) {
      Path there = mount.source().resolve("file");
      Path here = mount.mountPoint().resolve("file");
      Duration[] taken = new Duration[12];
      for (int i = 0; i < taken.length; i++) {
        byte[] next = bytes(SIZE - (i % 3) * 1000, i);
        if (i % 2 == 0) {
          Path made = Files.write(mount.source().resolve("made"), next);
          Files.move(made, there, StandardCopyOption.ATOMIC_MOVE);
        } else {
          Files.write(there, next);
        }
        taken[i] = timeUntil(() -> shows(here, next));
        assertThat(Files.size(here)).isEqualTo(next.length);
      }
      Arrays.sort(taken);
      assertThat(taken[taken.length / 2]).isLessThan(VISIBLE);
      assertThat(taken[taken.length - 1]).isLessThan(VISIBLE.plus(SLACK));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough"})
  void openReader_whileTheFileChangesAtTheSource_seesNoMixOnceItIsNoticed(String flag)
      throws IOException {
    try (TestMount mount = TestMount.open(flag)) {
      Path there = mount.source().resolve("file");
      Path here = mount.mountPoint().resolve("file");
      Files.write(there, bytes(SIZE, 0));
      old(there);
      for (int i = 0; i < 2; i++) {
        // Twice, so that the second open finds all of it cached.
        assertThat(shows(here, bytes(SIZE, 0))).isTrue();
      }
      int[] sizes = {SIZE, SIZE + 50_000, SIZE - 50_000, 100, SIZE};
      try (FileChannel reader = FileChannel.open(here, StandardOpenOption.READ)) {
        MappedByteBuffer map = reader.map(FileChannel.MapMode.READ_ONLY, 0, 100);
        assertThat(map.get(50)).isEqualTo((byte) 1);
        for (int i = 1; i <= sizes.length; i++) {
          byte[] next = bytes(sizes[i - 1], i);
          overwrite(there, next);
          Duration taken = timeUntil(() -> Arrays.equals(readAll(reader), next));
          assertThat(taken).isLessThan(VISIBLE.plus(SLACK).plusSeconds(1));
          byte mark = next[0];
          Duration mapped = timeUntil(() -> map.get(50) == mark);
          assertThat(mapped).isLessThan(VISIBLE.plus(SLACK).plusSeconds(1));
        }
      }
      assertThat(shows(here, bytes(SIZE, sizes.length))).isTrue();
    }
  }

  private static void overwrite(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(bytes.length);
      ByteBuffer data = ByteBuffer.wrap(bytes);
      for (long at = 0; data.hasRemaining(); ) {
        at += channel.write(data, at);
      }
    }
  }

  private static byte[] readAll(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(2 * SIZE);
    while (true) {
      if (channel.read(buffer, buffer.position()) <= 0) {
        return Arrays.copyOf(buffer.array(), buffer.position());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough"})
  void openReader_whileTheFileIsWrittenThroughTheMount_seesEachWriteAtOnce(String flag)
      throws IOException {
    try (TestMount mount = TestMount.open(flag)) {
      Path here = mount.mountPoint().resolve("file");
      Path there = mount.source().resolve("file");
      Files.write(there, bytes(SIZE, 0));
      old(there);
      assertThat(shows(here, bytes(SIZE, 0))).isTrue();
      assertThat(shows(here, bytes(SIZE, 0))).isTrue();
      byte[] expected = bytes(SIZE, 0);
      Random random = Seeds.random("writes");
      try (FileChannel reader = FileChannel.open(here, StandardOpenOption.READ)) {
        assertThat(readAll(reader)).isEqualTo(expected);
        for (int i = 1; i <= 20; i++) {
          try (FileChannel writer = FileChannel.open(here, StandardOpenOption.WRITE)) {
            int at = random.nextInt(SIZE - 10_000);
            byte[] change = bytes(1 + random.nextInt(10_000), i);
            writer.write(ByteBuffer.wrap(change), at);
            System.arraycopy(change, 0, expected, at, change.length);
            assertThat(readAll(reader)).isEqualTo(expected);
          }
          assertThat(readAll(reader)).isEqualTo(expected);
          assertThat(Files.readAllBytes(there)).isEqualTo(expected);
        }
        try (FileChannel writer = FileChannel.open(here, StandardOpenOption.WRITE)) {
          writer.truncate(1000);
          assertThat(readAll(reader)).isEqualTo(Arrays.copyOf(expected, 1000));
        }
      }
      assertThat(Files.readAllBytes(there)).isEqualTo(Arrays.copyOf(expected, 1000));
    }
  }

  @Test
  void readersOfManyFiles_whileTheyAreReplaced_andInvalidated_neverStop() throws IOException {
    try (TestMount mount = TestMount.open("--no-passthrough")) {
      AtomicBoolean done = new AtomicBoolean();
      for (int i = 0; i < 20; i++) {
        Files.write(mount.source().resolve("f" + i), bytes(20_000, i));
      }
      new Parallel()
          .add(
              () -> {
                try {
                  for (int round = 0; round < 600; round++) {
                    Path made = Files.write(mount.source().resolve("made"), bytes(20_000, round));
                    // In one step: REPLACE_EXISTING alone would remove the name first.
                    Files.move(
                        made,
                        mount.source().resolve("f" + round % 20),
                        StandardCopyOption.ATOMIC_MOVE);
                  }
                } finally {
                  done.set(true);
                }
              })
          .add(
              6,
              number -> {
                Random random = Seeds.random("reader " + number);
                while (!done.get()) {
                  Path file = mount.mountPoint().resolve("f" + random.nextInt(20));
                  byte[] read = Files.readAllBytes(file);
                  assertThat(read).hasSize(20_000);
                  for (byte each : read) {
                    assertThat(each).isEqualTo(read[0]).isNotZero();
                  }
                  if (number == 0) {
                    Files.writeString(mount.mountPoint().resolve("own"), "x" + random.nextInt());
                    Files.move(
                        mount.mountPoint().resolve("own"),
                        mount.mountPoint().resolve("own2"),
                        StandardCopyOption.ATOMIC_MOVE);
                  }
                }
              })
          .run();
    }
  }
}
