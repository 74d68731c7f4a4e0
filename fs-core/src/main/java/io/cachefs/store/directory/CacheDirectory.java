package io.cachefs.store.directory;

import io.cachefs.store.directory.CacheDirectoryException.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cache directory that this process has for itself until it is closed. It is readable for its
 * owner only and bound to one source.
 */
public final class CacheDirectory implements Closeable {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /** What may be there when a cache was begun and not finished. */
  private static final Set<String> BEGINNINGS = Set.of(Layout.LOCK, Layout.NEW_FORMAT);

  /** What is there otherwise. */
  private static final Set<String> BELONGING =
      Set.of(
          Layout.FORMAT, Layout.LOCK, Layout.INDEX, Layout.BLOBS, Layout.JOURNAL, Layout.CONFLICTS);

  private static final int MOST_STRANGERS = 1000;

  private final Path path;
  private final FormatFile format;
  private final DirectoryLock lock;

  private CacheDirectory(Path path, FormatFile format, DirectoryLock lock) {
    this.path = path;
    this.format = format;
    this.lock = lock;
  }

  /** Opens the cache of a source, or makes it where there is nothing or an empty directory. */
  public static CacheDirectory open(Path directory, SourceIdentity source)
      throws CacheDirectoryException {
    return guarded(directory, () -> openFor(directory.toAbsolutePath(), source));
  }

  /**
   * Returns the source that a cache is of, also while it is in use, or null if there is no cache.
   */
  public static @Nullable SourceIdentity sourceOf(Path directory) throws CacheDirectoryException {
    FormatFile format = guarded(directory, () -> new Read(FormatFile.read(directory))).format;
    return format == null ? null : format.source();
  }

  private record Read(@Nullable FormatFile format) {}

  /** Opens a cache that is there, whatever its source is. */
  public static CacheDirectory openExisting(Path directory) throws CacheDirectoryException {
    return guarded(directory, () -> openFor(directory.toAbsolutePath(), null));
  }

  /**
   * Checks that a directory does not lie within another one, nor the other way round. Neither needs
   * to exist.
   *
   * @param role what the other one is, for the message
   */
  public static void requireApart(Path directory, Path other, String role)
      throws CacheDirectoryException {
    String problem =
        guarded(
            directory,
            () ->
                Apart.isWithin(directory, other)
                    ? "lies in the"
                    : Apart.isWithin(other, directory) ? "holds the" : "");
    if (!problem.isEmpty()) {
      throw new CacheDirectoryException(
          Kind.UNUSABLE,
          "the cache directory "
              + directory
              + " "
              + problem
              + " "
              + role
              + " "
              + other
              + ": use a directory elsewhere");
    }
  }

  /** What may meet an I/O error. */
  private interface Work<T> {
    T run() throws IOException, CacheDirectoryException;
  }

  private static <T> T guarded(Path directory, Work<T> work) throws CacheDirectoryException {
    try {
      return work.run();
    } catch (IOException | UnsupportedOperationException e) {
      throw new CacheDirectoryException(
          Kind.UNUSABLE,
          "cannot use " + directory + " for a cache (" + e + "): check it, or use another one",
          e);
    }
  }

  private static CacheDirectory openFor(Path directory, @Nullable SourceIdentity source)
      throws IOException, CacheDirectoryException {
    boolean exists = Files.exists(directory);
    if (source == null && !exists) {
      throw new CacheDirectoryException(
          Kind.NOT_A_CACHE, "there is no cache in " + directory + ": check the path");
    }
    if (!exists) {
      make(directory);
    }
    requireOurs(directory);
    requireKnown(directory, source);
    DirectoryLock lock = DirectoryLock.take(directory);
    boolean opened = false;
    try {
      // Once more: until now another process may have been at work.
      FormatFile format = requireKnown(directory, source);
      if (source != null && (format == null || !format.source().equals(source))) {
        // One that was made before all of this was noted is brought up to date.
        format = new FormatFile(FormatFile.VERSION, format == null ? newId() : format.id(), source);
        format.write(directory);
      }
      if (format == null) {
        throw notACache(directory);
      }
      makeIfMissing(directory.resolve(Layout.INDEX));
      makeIfMissing(directory.resolve(Layout.BLOBS));
      opened = true;
      return new CacheDirectory(directory, format, lock);
    } finally {
      if (!opened) {
        lock.close();
      }
    }
  }

  private static void make(Path directory) throws IOException {
    Path parent = directory.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    makeIfMissing(directory);
  }

  private static void makeIfMissing(Path directory) throws IOException {
    try {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    } catch (FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  private static void requireOurs(Path directory) throws IOException, CacheDirectoryException {
    if (!Files.isDirectory(directory)) {
      throw new CacheDirectoryException(
          Kind.UNUSABLE, directory + " is not a directory: use another path");
    }
    Object owner = Files.getAttribute(directory, "unix:uid");
    // Belongs to whoever this process acts as.
    Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(self)) {
      throw new CacheDirectoryException(
          Kind.UNUSABLE,
          "the cache directory "
              + directory
              + " belongs to user "
              + owner
              + " and not to user "
              + self
              + ": use one of your own");
    }
    if (!Files.getPosixFilePermissions(directory).equals(OWNER_ONLY)) {
      if (!isEmpty(directory)) {
        throw new CacheDirectoryException(
            Kind.UNUSABLE,
            "others may enter the cache directory " + directory + ": run chmod 700 on it");
      }
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  /** Returns what a directory says of itself, or null if nothing is in it. */
  private static @Nullable FormatFile requireKnown(Path directory, @Nullable SourceIdentity source)
      throws IOException, CacheDirectoryException {
    FormatFile format = FormatFile.read(directory);
    if (format == null) {
      try (Stream<Path> files = Files.list(directory)) {
        if (source == null
            || !files.allMatch(file -> BEGINNINGS.contains(file.getFileName().toString()))) {
          throw notACache(directory);
        }
      }
      return null;
    }
    if (source != null && !format.source().matches(source)) {
      throw new CacheDirectoryException(
          Kind.OTHER_SOURCE,
          "the cache in "
              + directory
              + " belongs to "
              + format.source()
              + " and not to "
              + source
              + ": mount the right source, or use another directory");
    }
    return format;
  }

  private static CacheDirectoryException notACache(Path directory) {
    return new CacheDirectoryException(
        Kind.NOT_A_CACHE,
        directory + " holds something other than a cache: use an empty or a new directory");
  }

  private static String newId() {
    return UUID.randomUUID().toString().replace("-", "");
  }

  /** Lets nobody but its owner enter a directory. */
  public static void makePrivate(Path directory) throws CacheDirectoryException {
    Path done = guarded(directory, () -> Files.setPosixFilePermissions(directory, OWNER_ONLY));
    assert done.equals(directory);
  }

  /** Returns whether nobody but its owner may enter a directory, if it is there at all. */
  public static boolean isPrivate(Path directory) throws CacheDirectoryException {
    return guarded(
        directory,
        () ->
            !Files.isDirectory(directory)
                || Files.getPosixFilePermissions(directory).equals(OWNER_ONLY));
  }

  /** Returns what lies in the directory and does not belong there. */
  public List<Path> strangers() throws CacheDirectoryException {
    return guarded(
        path,
        () -> {
          try (Stream<Path> files = Files.list(path)) {
            return files
                .filter(file -> !BELONGING.contains(file.getFileName().toString()))
                .limit(MOST_STRANGERS)
                .toList();
          }
        });
  }

  /** Removes what the making of a cache left behind; returns false if it is something else. */
  public boolean removeLeftover(Path stranger) throws CacheDirectoryException {
    return guarded(
        path, () -> stranger.endsWith(Layout.NEW_FORMAT) && Files.deleteIfExists(stranger));
  }

  /** Returns whether the cache has the kind of name that caches are given. */
  public boolean hasGoodId() {
    return format.id().matches("[0-9a-f]{32}");
  }

  public Path path() {
    return path;
  }

  /** Returns what tells this cache from every other, also from one that was here before. */
  public String id() {
    return format.id();
  }

  public SourceIdentity source() {
    return format.source();
  }

  public Path index() {
    return path.resolve(Layout.INDEX);
  }

  public Path blobs() {
    return path.resolve(Layout.BLOBS);
  }

  /** Returns where changes are that are not at the source yet; it need not be there. */
  public Path journal() {
    return path.resolve(Layout.JOURNAL);
  }

  /** Returns the file with the conflicts that nobody has resolved; it need not be there. */
  public Path conflicts() {
    return path.resolve(Layout.CONFLICTS);
  }

  /** Forgets whose cache it is; all else was removed before. Nothing but closing may follow. */
  public void release() throws CacheDirectoryException {
    boolean was = guarded(path, () -> Files.deleteIfExists(Layout.format(path)));
    assert was || !was;
  }

  /** Lets others have the directory. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
