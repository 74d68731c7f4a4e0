package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.random.Seeds;
import io.cachefs.testing.tree.TreeSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads work on the same few names; afterwards mount and source show the same tree. */
@Timeout(180)
@ExtendWith(Seeds.class)
class ConcurrentMountIT {
  private static final int THREADS = 16;
  private static final int OPERATIONS = 600;
  private static final int NAMES = 12;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--transport=kernel",
        "--transport=kernel --no-passthrough",
        "--transport=jnr-fuse"
      })
  void sixteenThreads_onSharedNames_leaveTheSameTree(String flags)
      throws ExecutionException, IOException, InterruptedException {
    try (TestMount mount = TestMount.open(flags.split(" "))) {
      Path root = mount.mountPoint();
      for (int i = 0; i < 3; i++) {
        Files.createDirectory(root.resolve("dir" + i));
      }
      ExecutorService pool = Executors.newFixedThreadPool(THREADS);
      try {
        List<Callable<Integer>> work = new ArrayList<>();
        for (int t = 0; t < THREADS; t++) {
          Random random = Seeds.random("thread " + t);
          work.add(() -> operate(root, random));
        }
        int done = 0;
        for (Future<Integer> result : pool.invokeAll(work)) {
          done += result.get();
        }
        assertThat(done).isGreaterThan(THREADS * OPERATIONS / 4);
      } finally {
        pool.shutdownNow();
      }
      assertThat(TreeSnapshot.of(root).diff(TreeSnapshot.of(mount.source()))).isEmpty();
    }
  }

  /** Returns how many operations succeeded; others may find a name gone or taken. */
  private static int operate(Path root, Random random) throws IOException {
    int succeeded = 0;
    for (int i = 0; i < OPERATIONS; i++) {
      try {
        one(root, random);
        succeeded++;
      } catch (FileSystemException e) {
        assertThat(String.valueOf(e.getReason()))
            .doesNotContain("Input/output error")
            .doesNotContain("Bad file descriptor")
            .doesNotContain("Stale file handle");
      }
    }
    return succeeded;
  }

  private static void one(Path root, Random random) throws IOException {
    Path path = any(root, random);
    switch (random.nextInt(9)) {
      case 0, 1 -> Files.write(path, new byte[random.nextInt(20_000)]);
      case 2 -> Files.readAllBytes(path);
      case 3 -> Files.move(path, any(root, random), StandardCopyOption.ATOMIC_MOVE);
      case 4 -> Files.delete(path);
      case 5 -> Files.createLink(any(root, random), path);
      case 6 -> Files.createSymbolicLink(path, Path.of("target" + random.nextInt(5)));
      case 7 -> append(path, random.nextInt(5_000));
      default -> list(root.resolve("dir" + random.nextInt(3)));
    }
  }

  private static Path any(Path root, Random random) {
    return root.resolve("dir" + random.nextInt(3)).resolve("name" + random.nextInt(NAMES));
  }

  private static void append(Path path, int length) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
      channel.write(ByteBuffer.allocate(length));
    }
  }

  private static void list(Path directory) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        assertThat(entry.getFileName().toString()).containsPattern("^(name|target)");
      }
    }
  }
}
