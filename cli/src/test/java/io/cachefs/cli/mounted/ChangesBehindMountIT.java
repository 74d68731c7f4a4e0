package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Others change the source while it is mounted. With timeouts the change is seen after them at the
 * latest; an open sees it at once.
 */
@Timeout(120)
class ChangesBehindMountIT {
  /** What the default timeouts allow, and some time for a busy machine. */
  private static final Duration SEEN_WITHIN = Duration.ofSeconds(3);

  private static final String AT_ONCE = " --attr-timeout=0 --entry-timeout=0 --negative-timeout=0";

  /** What must become true. */
  private interface Check {
    boolean holds() throws IOException;
  }

  private static void assertSoon(Check check) throws IOException {
    long deadline = System.nanoTime() + SEEN_WITHIN.toNanos();
    while (!check.holds() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(check.holds()).isTrue();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough", "--transport=jnr-fuse"})
  void change_atTheSource_isSeenWithinTheTimeouts(String flags) throws IOException {
    try (TestMount mount = TestMount.open(flags.split(" "))) {
      Path there = mount.source();
      Path here = mount.mountPoint();
      Files.writeString(there.resolve("file"), "one");
      assertThat(names(here)).containsExactly("file");
      assertThat(Files.exists(here.resolve("later"))).isFalse();

      Files.writeString(there.resolve("later"), "");
      Files.setLastModifiedTime(there, Files.getLastModifiedTime(there));
      assertSoon(() -> Files.exists(here.resolve("later")));
      assertSoon(() -> names(here).equals(List.of("file", "later")));

      Files.writeString(there.resolve("file"), "longer than before");
      assertSoon(() -> Files.size(here.resolve("file")) == 18);

      Files.delete(there.resolve("later"));
      assertSoon(() -> !Files.exists(here.resolve("later")));
      assertSoon(() -> names(here).equals(List.of("file")));

      Files.move(there.resolve("file"), there.resolve("renamed"));
      assertSoon(() -> Files.exists(here.resolve("renamed")));
      assertThat(Files.readString(here.resolve("renamed"))).isEqualTo("longer than before");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough" + AT_ONCE, "--no-passthrough" + AT_ONCE})
  void change_withoutTimeouts_isSeenAtOnce(String flags) throws IOException {
    try (TestMount mount = TestMount.open(flags.split(" "))) {
      Path there = mount.source();
      Path here = mount.mountPoint();
      for (int i = 0; i < 50; i++) {
        String content = "round " + i + "x".repeat(i * 7 % 20);
        Path replacement = Files.writeString(there.resolve("new"), content);
        if (i % 3 == 0) {
          Files.move(replacement, there.resolve("file"), StandardCopyOption.REPLACE_EXISTING);
        } else {
          Files.writeString(there.resolve("file"), content);
        }

        assertThat(Files.readString(here.resolve("file"))).isEqualTo(content);
        assertThat(Files.size(here.resolve("file"))).isEqualTo(content.length());
        assertThat(names(here)).isEqualTo(names(there));

        Files.delete(there.resolve("file"));
        assertThatThrownBy(() -> Files.size(here.resolve("file")))
            .isInstanceOf(NoSuchFileException.class);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough"})
  void open_afterTheContentChanged_readsTheNewContent(String flags) throws IOException {
    try (TestMount mount = TestMount.open(flags.split(" "))) {
      Path there = mount.source().resolve("file");
      Path here = mount.mountPoint().resolve("file");
      for (int i = 0; i < 50; i++) {
        // The same length each time: only times tell that something changed.
        String content = "version " + (1000 + i);
        Files.writeString(there, content);
        assertThat(Files.readString(here)).isEqualTo(content);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough"})
  void openFile_truncatedAndGrownAtTheSource_neverShowsZerosThatAreNotThere(String flags)
      throws IOException {
    try (TestMount mount = TestMount.open((flags + AT_ONCE).split(" "))) {
      Path there = mount.source().resolve("file");
      Files.writeString(there, "short");
      try (FileChannel open =
          FileChannel.open(mount.mountPoint().resolve("file"), StandardOpenOption.READ)) {
        assertThat(read(open)).isEqualTo("short");
        Files.writeString(there, "and longer", StandardOpenOption.APPEND);
        assertThat(Files.size(mount.mountPoint().resolve("file"))).isEqualTo(15);
        assertThat(read(open)).isEqualTo("shortand longer");
        Files.writeString(there, "cut");
        assertThat(Files.size(mount.mountPoint().resolve("file"))).isEqualTo(3);
        assertThat(read(open)).isEqualTo("cut");
      }
    }
  }

  private static String read(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(100);
    int count = channel.read(buffer, 0);
    return new String(buffer.array(), 0, count, StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--passthrough", "--no-passthrough"})
  void inodeNumbers_areTheSourcesAndStayAcrossMounts(String flags) throws IOException {
    Object before;
    try (TestMount mount = TestMount.open(flags.split(" "))) {
      Files.writeString(mount.mountPoint().resolve("file"), "x");
      before = Files.getAttribute(mount.mountPoint().resolve("file"), "unix:ino");
      assertThat(Files.getAttribute(mount.source().resolve("file"), "unix:ino")).isEqualTo(before);
    }
  }
}
