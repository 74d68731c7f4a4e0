package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.store.directory.CacheDirectoryException;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.writeback.WriteBack;
import io.cachefs.writeback.journal.DirectoryDisk;
import io.cachefs.writeback.journal.Room;
import io.cachefs.writeback.journal.Settings;
import io.cachefs.writeback.pending.PendingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Saves what is in the journal of a cache that nobody uses, without its source. For when that will
 * not come back, or the cache is to be of another one.
 */
public final class UnsentExport {
  /** The name of the file that says what was copied. */
  public static final String LIST = "CACHEFS-EXPORT.txt";

  private static final int FEW_DESCRIPTORS = 16;

  private UnsentExport() {}

  /**
   * Copies changes that are not at the source to a directory that is empty or not there, by their
   * paths, and leaves the cache as it is.
   *
   * @return how many there are; with none no directory is made
   */
  public static long copy(Path cache, Path target) throws FsException, IOException {
    try (CacheDirectory directory = open(cache)) {
      return copy(directory, target);
    }
  }

  /**
   * Copies as {@link #copy} does, and then makes the directory one of no source, with nothing in
   * it.
   */
  public static long release(Path cache, Path target) throws FsException, IOException {
    try (CacheDirectory directory = open(cache)) {
      long copied = copy(directory, target);
      // What makes it a cache goes last: until then it is one of its old source.
      for (Path each :
          List.of(
              directory.journal(), directory.conflicts(), directory.blobs(), directory.index())) {
        delete(each);
      }
      directory.release();
      return copied;
    } catch (CacheDirectoryException e) {
      throw unusable(e);
    }
  }

  private static CacheDirectory open(Path cache) throws CacheUnusableException {
    try {
      return CacheDirectory.openExisting(cache);
    } catch (CacheDirectoryException e) {
      throw unusable(e);
    }
  }

  private static CacheUnusableException unusable(CacheDirectoryException e) {
    boolean locked = e.kind() == CacheDirectoryException.Kind.LOCKED;
    return new CacheUnusableException(String.valueOf(e.getMessage()), locked, e.pid(), e);
  }

  private static long copy(CacheDirectory directory, Path target) throws FsException, IOException {
    if (!Files.isDirectory(directory.journal())) {
      return 0;
    }
    // Stands for the source, which is not asked for anything.
    Path nothing = Files.createTempDirectory("cachefs-export-");
    LinuxFileCalls calls = new LinuxFileCalls();
    try (PosixSource source = PosixSource.open(calls, nothing, FEW_DESCRIPTORS);
        DirectoryDisk disk = DirectoryDisk.open(calls, directory.journal());
        WriteBack writeBack =
            WriteBack.open(
                source,
                disk,
                Room.UNLIMITED,
                Settings.DEFAULT,
                System::nanoTime,
                InstantSource.system(),
                PendingSettings.DEFAULT,
                directory.id())) {
      if (writeBack.queue().status().all() == 0) {
        return 0;
      }
      prepare(target);
      return writeBack.source().export(target, target.resolve(LIST));
    } finally {
      Files.delete(nothing);
    }
  }

  private static void prepare(Path target) throws IOException {
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      Path parent = target.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(
          target,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    try (Stream<Path> there = Files.list(target)) {
      if (there.findAny().isPresent()) {
        throw new IOException(target + " is not empty");
      }
    }
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> paths = Files.walk(tree)) {
      all = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
