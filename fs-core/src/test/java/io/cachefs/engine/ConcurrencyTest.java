package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.model.FileActions;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads at once leave nothing open, nothing referenced and one tree. */
@ParameterizedClass
@EnumSource(names = {"BARE", "STRICT", "CLOSE_TO_OPEN", "TINY"})
class ConcurrencyTest {
  private static final Caller ROOT = new Caller(0, 0, 1, 022);

  private static final int OTHERS = 20;

  @TempDir Path source;
  @TempDir Path cache;

  @SuppressWarnings("NullAway.Init")
  @Parameter
  Engine engine;

  private static FileCalls calls(boolean byName) {
    FileCalls linux = new LinuxFileCalls();
    return byName ? ChangedFileCalls.withoutHandles(linux, Errno.EOPNOTSUPP) : linux;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mixedOperations_bySixteenThreads_leaveOneTreeAndNothingOpen(boolean byName)
      throws Exception {
    Require.root();
    CacheFsConfig config = engine.config(source, cache).withDescriptorLimit(16);
    try (CacheFs cacheFs = CacheFs.open(config, calls(byName))) {
      Parallel.run(
          16, thread -> operate(cacheFs.vfs(), new OperationGenerator(new Random(thread))));

      try (VfsFiles files = new VfsFiles(cacheFs.vfs());
          PlainFiles plain = new PlainFiles(source)) {
        assertThat(TreeText.of(files)).isEqualTo(TreeText.of(plain));
      }
      assertThat(cacheFs.status().inodes()).isEqualTo(1);
      assertThat(cacheFs.status().openHandles()).isZero();
      assertThat(cacheFs.status().keptDescriptors()).isLessThanOrEqualTo(17);
    }
    assertThat(OpenDescriptors.under(source)).isEmpty();
  }

  private static void operate(Vfs vfs, OperationGenerator operations) {
    Set<io.cachefs.testing.posix.Errno> impossible =
        EnumSet.of(
            io.cachefs.testing.posix.Errno.EIO,
            io.cachefs.testing.posix.Errno.EMFILE,
            io.cachefs.testing.posix.Errno.EFAULT);
    try (VfsFiles files = new VfsFiles(vfs)) {
      for (int i = 0; i < 300; i++) {
        Object outcome = operations.next().outcome(files);
        if (outcome instanceof io.cachefs.testing.posix.Errno errno) {
          assertThat(impossible).doesNotContain(errno);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void open_whileAnAncestorIsRenamedThroughTheVfs_neverFails(boolean byName) throws Exception {
    Files.createDirectories(source.resolve("a/d/e"));
    for (int i = 0; i < OTHERS; i++) {
      Files.createDirectory(source.resolve("other" + i));
    }
    Files.writeString(source.resolve("a/d/e/file"), "content");
    CacheFsConfig config = engine.config(source, cache).withDescriptorLimit(16);
    try (CacheFs cacheFs = CacheFs.open(config, calls(byName))) {
      Vfs vfs = cacheFs.vfs();
      long inode = Vfs.ROOT;
      for (String name : List.of("a", "d", "e", "file")) {
        inode = vfs.lookup(inode, Name.of(name)).inodeId();
      }
      long file = inode;
      AtomicBoolean done = new AtomicBoolean();
      new Parallel()
          .add(() -> renameToAndFro(vfs, done))
          .add(
              4,
              thread -> {
                while (!done.get()) {
                  forgetDescriptors(vfs);
                  vfs.release(vfs.open(file, OpenFlags.READ_ONLY).handle());
                  assertThat(vfs.attributes(file, Vfs.NO_HANDLE).size()).isEqualTo(7);
                }
              })
          .run();
    }
  }

  private static void renameToAndFro(Vfs vfs, AtomicBoolean done) throws FsException {
    try {
      for (int i = 0; i < 600; i++) {
        vfs.rename(Vfs.ROOT, Name.of(i % 2 == 0 ? "a" : "b"), Vfs.ROOT, name(i), 0);
      }
    } finally {
      done.set(true);
    }
  }

  private static Name name(int i) throws FsException {
    return Name.of(i % 2 == 0 ? "b" : "a");
  }

  /** Uses so many other directories that the descriptors of those on the way are closed. */
  private static void forgetDescriptors(Vfs vfs) throws FsException {
    for (int i = 0; i < OTHERS; i++) {
      Entry other = vfs.lookup(Vfs.ROOT, Name.of("other" + i));
      assertThatThrownBy(() -> vfs.lookup(other.inodeId(), Name.of("none")))
          .hasMessageContaining("ENOENT");
      vfs.forget(other.inodeId(), 1);
    }
  }

  @Test
  void openReadAndUnlink_racing_readTheWholeFileOrFindNone() throws Exception {
    try (CacheFs cacheFs = CacheFs.open(engine.config(source, cache))) {
      Vfs vfs = cacheFs.vfs();
      Parallel.run(
          8,
          thread -> {
            Random random = new Random(thread);
            for (int i = 0; i < 400; i++) {
              if (random.nextInt(3) == 0) {
                makeAndUnlink(vfs);
              } else {
                readIfThere(vfs);
              }
            }
          });
      assertThat(cacheFs.status().inodes()).isEqualTo(1);
      assertThat(cacheFs.status().openHandles()).isZero();
    }
    assertThat(OpenDescriptors.under(source)).isEmpty();
  }

  private static void makeAndUnlink(Vfs vfs) throws FsException {
    try {
      var unnamed = vfs.createUnnamed(ROOT, Vfs.ROOT, 0600, OpenFlags.READ_WRITE);
      vfs.write(unnamed.file().handle(), 0, ByteBuffer.wrap(new byte[1000]), false);
      vfs.release(unnamed.file().handle());
      try {
        vfs.link(unnamed.entry().inodeId(), Vfs.ROOT, Name.of("f"));
        vfs.forget(unnamed.entry().inodeId(), 1);
        vfs.unlink(Vfs.ROOT, Name.of("f"));
      } finally {
        vfs.forget(unnamed.entry().inodeId(), 1);
      }
    } catch (FsException e) {
      assertThat(e.errno()).as(e.getMessage()).isIn(Errno.EEXIST, Errno.ENOENT, Errno.ESTALE);
    }
  }

  private static void readIfThere(Vfs vfs) throws FsException {
    Entry entry;
    try {
      entry = vfs.lookup(Vfs.ROOT, Name.of("f"));
    } catch (FsException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOENT);
      return;
    }
    try {
      OpenFile file = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY);
      int count = vfs.read(file.handle(), 0, ByteBuffer.allocateDirect(2000));
      vfs.release(file.handle());
      assertThat(count).isEqualTo(1000);
    } catch (FsException e) {
      assertThat(e.errno()).isEqualTo(Errno.ESTALE);
    } finally {
      vfs.forget(entry.inodeId(), 1);
    }
  }

  @Test
  void close_whileOperationsRun_leavesNothingOpen() throws Exception {
    Require.root();
    for (int round = 0; round < 10; round++) {
      CacheFs cacheFs = CacheFs.open(engine.config(source, cache).withDescriptorLimit(16));
      long seed = round * 10L;
      new Parallel()
          .add(
              4,
              thread -> {
                FileActions files = new VfsFiles(cacheFs.vfs());
                OperationGenerator operations = new OperationGenerator(new Random(seed + thread));
                for (int i = 0; i < 50; i++) {
                  Object unused = operations.nextWithoutSlots().outcome(files);
                }
              })
          .add(cacheFs::close)
          .run();
      cacheFs.close();
    }
    assertThat(OpenDescriptors.under(source)).isEmpty();
  }
}
