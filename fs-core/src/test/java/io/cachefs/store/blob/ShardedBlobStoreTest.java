package io.cachefs.store.blob;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.store.Blob;
import io.cachefs.store.BlobStore;
import io.cachefs.store.BlobStoreContract;
import io.cachefs.store.StoreException;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.process.OpenDescriptors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShardedBlobStoreTest implements BlobStoreContract {
  @TempDir Path top;

  @Override
  public BlobStore open(Path directory) throws StoreException {
    return open(directory, new LinuxFileCalls(), 4);
  }

  private static ShardedBlobStore open(Path directory, FileCalls calls, int limit)
      throws StoreException {
    return ShardedBlobStore.open(calls, directory.resolve("blobs"), limit);
  }

  @AfterEach
  void nothingStaysOpen() throws IOException {
    assertThat(OpenDescriptors.under(top)).isEmpty();
  }

  @Test
  void open_makesPrivateDirectoriesAndFiles() throws Exception {
    try (BlobStore store = open(top);
        Blob blob = store.create(0xabc, 0)) {
      assertThat(blob.allocatedBytes()).isZero();
      assertThat(list(top.resolve("blobs"))).hasSize(256).contains("00", "7f", "ff");
      Path shard = top.resolve("blobs/%02x".formatted(BlobNames.shardOf(0xabc)));
      assertThat(mode(shard.resolve("0000000000000abc"))).isEqualTo("rw-------");
      assertThat(mode(shard)).isEqualTo("rwx------");
    }
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  private static List<String> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void open_whenBlobsIsALink_isRefused() throws Exception {
    Files.createDirectory(top.resolve("elsewhere"));
    Files.createSymbolicLink(top.resolve("blobs"), top.resolve("elsewhere"));
    assertThatThrownBy(() -> open(top)).isInstanceOf(StoreException.class);
  }

  @Test
  void find_afterTheStoreWasOpenedAgain_findsWhatWasWritten() throws Exception {
    try (BlobStore store = open(top);
        Blob blob = store.create(1, 4096)) {
      blob.write(0, ByteBuffer.allocateDirect(8).putLong(0, 42));
    }
    try (BlobStore store = open(top);
        Blob blob = Objects.requireNonNull(store.find(1))) {
      ByteBuffer target = ByteBuffer.allocateDirect(8);
      assertThat(blob.read(0, target)).isEqualTo(8);
      assertThat(target.getLong(0)).isEqualTo(42);
    }
  }

  @Test
  void find_keepsAtMostSoManyDescriptors() throws Exception {
    try (ShardedBlobStore store = open(top, new LinuxFileCalls(), 4)) {
      List<Blob> inUse = new ArrayList<>();
      for (long id = 0; id < 20; id++) {
        inUse.add(store.create(id, 1));
      }
      assertThat(store.keptDescriptors()).isEqualTo(4);
      for (Blob blob : inUse) {
        assertThat(blob.read(0, ByteBuffer.allocateDirect(1))).isEqualTo(1);
        blob.close();
      }
      assertThat(OpenDescriptors.under(top)).hasSize(257 + 4);
      store.remove(19);
      assertThat(OpenDescriptors.under(top)).hasSize(257 + 3);
    }
  }

  @Test
  void find_aLinkInThePlaceOfABlob_isAnError() throws Exception {
    try (BlobStore store = open(top)) {
      Path shard = top.resolve("blobs/%02x".formatted(BlobNames.shardOf(1)));
      Files.createSymbolicLink(shard.resolve("0000000000000001"), top.resolve("target"));
      assertThatThrownBy(() -> store.find(1)).isInstanceOf(StoreException.class);
    }
  }

  @Test
  void visit_passesOverWhatIsNoBlob() throws Exception {
    try (BlobStore store = open(top);
        Blob blob = store.create(3, 5)) {
      assertThat(blob.allocatedBytes()).isZero();
      Path shard = top.resolve("blobs/00");
      Files.createFile(shard.resolve("note"));
      Files.createFile(shard.resolve("0000000000000001.old"));
      Files.createFile(shard.resolve("000000000000000A"));
      Files.createDirectory(shard.resolve("000000000000000b"));
      List<Long> seen = new ArrayList<>();
      store.visit((id, size, allocated) -> seen.add(id));
      assertThat(seen).containsExactly(3L);
    }
  }

  @Test
  void shortTransfers_areGoneOnWith() throws Exception {
    FileCalls calls = ChangedFileCalls.shortTransfers(new LinuxFileCalls(), 3);
    try (BlobStore store = open(top, calls, 4);
        Blob blob = store.create(3, 0)) {
      blob.write(5, ByteBuffer.allocateDirect(16).putLong(1).putLong(2).flip());
      ByteBuffer target = ByteBuffer.allocateDirect(100);
      assertThat(blob.read(5, target)).isEqualTo(16);
      assertThat(target.getLong(8)).isEqualTo(2);
    }
  }

  /**
   * The first system call of a run fails, then the second, and so on until there are no more. Each
   * time it ends in a StoreException with that errno or succeeds all the same, nothing stays open,
   * and the same run succeeds after it in the same directory.
   */
  @ParameterizedTest
  @EnumSource(names = {"EIO", "ENOSPC", "EROFS", "EDQUOT", "EMFILE", "EACCES"})
  void anyCall_whenItFails_isReportedAndLeaksNothing(Errno errno) throws Exception {
    try (ShardedBlobStore made = open(top, new LinuxFileCalls(), 2)) {
      assertThat(made.keptDescriptors()).isZero();
    }
    // All 257 directories are opened alike: some of the first and of the last are enough.
    int n = 1;
    while (failsAt(n, errno)) {
      n += n == 3 ? 253 : 1;
    }
    assertThat(n).isGreaterThan(257 + 25);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 770, 771})
  void open_whenACallFailsTheFirstTime_isReportedAndCanBeRepeated(int n) throws Exception {
    assertThat(failsAt(n, Errno.ENOSPC)).isTrue();
  }

  private boolean failsAt(int n, Errno errno) throws Exception {
    NthFails faulty = new NthFails(n, errno);
    try {
      use(top, faulty.calls);
    } catch (StoreException e) {
      assertThat(e).as("call %d", n).hasCauseInstanceOf(FsException.class);
      assertThat(((FsException) Objects.requireNonNull(e.getCause())).errno()).isEqualTo(errno);
    }
    assertThat(OpenDescriptors.under(top)).as("call %d", n).isEmpty();
    use(top, new LinuxFileCalls());
    return faulty.failed;
  }

  private static final class NthFails {
    final FileCalls calls;
    private int left;
    boolean failed;

    NthFails(int n, Errno errno) {
      left = n;
      calls =
          ChangedFileCalls.of(
              new LinuxFileCalls(),
              call -> {
                if (!call.name().equals("close") && --left == 0) {
                  failed = true;
                  throw new FsException(errno, "made to fail: " + call.name());
                }
                return call.proceed();
              });
    }
  }

  private static void use(Path directory, FileCalls calls) throws StoreException {
    try (ShardedBlobStore store = open(directory, calls, 2)) {
      for (long id = 1; id < 5; id++) {
        try (Blob blob = store.create(id, 10_000)) {
          blob.write(1, ByteBuffer.allocateDirect(8).putLong(0, id));
        }
      }
      try (Blob blob = store.find(1)) {
        ByteBuffer target = ByteBuffer.allocateDirect(8);
        assertThat(Objects.requireNonNull(blob).read(1, target)).isEqualTo(8);
        assertThat(target.getLong(0)).isEqualTo(1);
        blob.truncate(5);
        assertThat(blob.allocatedBytes()).isPositive();
      }
      store.remove(2);
      store.visit((id, size, allocated) -> assertThat(id).isBetween(1L, 4L));
      assertThat(store.free().totalBytes()).isPositive();
    }
  }
}
