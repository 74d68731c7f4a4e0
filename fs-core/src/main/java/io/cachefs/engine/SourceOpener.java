package io.cachefs.engine;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.source.guard.GuardedSource;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.source.posix.RootIdentity;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.store.directory.CacheDirectoryException;
import io.cachefs.store.directory.SourceIdentity;
import io.cachefs.sys.FileCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Opens the directory that is to be cached, in bounded time. If it does not answer, is not there or
 * not mounted, and the cache knows it, it is absent: the cache is used without it until it comes.
 */
final class SourceOpener {
  /** How a source fails that may come back; others are mistakes, which the user has to hear of. */
  private static final Set<Errno> ABSENT =
      EnumSet.of(
          Errno.EIO,
          Errno.ENOTCONN,
          Errno.ETIMEDOUT,
          Errno.EHOSTDOWN,
          Errno.ESTALE,
          Errno.ENODEV,
          Errno.ENOENT);

  private final CacheFsConfig config;
  private final CacheSettings settings;
  private final FileCalls calls;

  SourceOpener(CacheFsConfig config, CacheSettings settings, FileCalls calls) {
    this.config = config;
    this.settings = settings;
    this.calls = calls;
  }

  /**
   * A source and what tells it from others.
   *
   * @param absent why it cannot be used now, or null if it can
   */
  record OpenedSource(PosixSource source, SourceIdentity identity, @Nullable String absent) {}

  OpenedSource open() throws FsException {
    String absent = config.absent();
    if (absent != null) {
      return absent(known(), absent);
    }
    OpenedSource opened;
    try {
      opened = openNow();
    } catch (CacheUnusableException e) {
      throw e;
    } catch (FsException e) {
      SourceIdentity known = ABSENT.contains(e.errno()) ? known() : null;
      if (known == null || !known.path().equals(config.source().toAbsolutePath().normalize())) {
        throw e;
      }
      return absent(known, e.detail());
    }
    return orAbsent(opened);
  }

  private OpenedSource openNow() throws FsException {
    SourceIdentity[] identity = {null};
    PosixSource source =
        GuardedSource.openWithin(
            settings.source().deadline(),
            () -> {
              Path real = realPath();
              PosixSource made = PosixSource.open(calls, config.source(), config.descriptorLimit());
              identity[0] = identity(real, made);
              return made;
            });
    return new OpenedSource(source, Objects.requireNonNull(identity[0]), null);
  }

  private Path realPath() throws FsException {
    try {
      CacheDirectory.requireApart(settings.directory(), config.source(), "source");
      return config.source().toRealPath();
    } catch (CacheDirectoryException e) {
      throw new CacheUnusableException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      // Opening it says what is wrong.
      return config.source().toAbsolutePath().normalize();
    }
  }

  private static SourceIdentity identity(Path real, PosixSource source) {
    RootIdentity root = source.identity();
    return new SourceIdentity(real, root.inode(), root.generation(), root.mount());
  }

  /** An empty directory where another file system belongs: that is not mounted. */
  private OpenedSource orAbsent(OpenedSource opened) throws FsException {
    SourceIdentity now = opened.identity;
    SourceIdentity known = knownOrNull();
    boolean isOther =
        known != null
            && known.path().equals(now.path())
            && !Objects.requireNonNullElse(known.mount(), "").isEmpty()
            && !Objects.equals(known.mount(), now.mount());
    if (known == null || !isOther || !isEmpty(now.path())) {
      return opened;
    }
    opened.source.close();
    return absent(known, known.mount() + " is not mounted at " + known.path());
  }

  private static boolean isEmpty(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  private @Nullable SourceIdentity knownOrNull() {
    try {
      return CacheDirectory.sourceOf(settings.directory());
    } catch (CacheDirectoryException e) {
      // Opening the cache says what is wrong.
      return null;
    }
  }

  private @Nullable SourceIdentity known() throws FsException {
    try {
      return CacheDirectory.sourceOf(settings.directory());
    } catch (CacheDirectoryException e) {
      throw new CacheUnusableException(String.valueOf(e.getMessage()), e);
    }
  }

  private OpenedSource absent(@Nullable SourceIdentity known, String why) throws FsException {
    if (known == null) {
      throw new FsException(Errno.EIO, why);
    }
    RootIdentity root =
        new RootIdentity(
            known.rootInode(),
            Objects.requireNonNullElse(known.rootGeneration(), 0L),
            Objects.requireNonNullElse(known.mount(), ""));
    PosixSource source = PosixSource.absent(calls, known.path(), config.descriptorLimit(), root);
    return new OpenedSource(source, known, why);
  }
}
