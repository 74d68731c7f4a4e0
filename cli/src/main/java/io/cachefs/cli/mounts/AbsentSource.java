package io.cachefs.cli.mounts;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.engine.CacheFs;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A source that does not answer or is not there, but is known to a cache that was made for it. */
public final class AbsentSource {
  private AbsentSource() {}

  /**
   * Returns the real path of a source that a cache knows.
   *
   * @param failure why it cannot be used now; thrown if no cache knows it, or if it is a mistake
   * @param cacheOf returns where the cache of a source is kept, or null for none
   */
  public static Path known(
      Path given, CommandFailure failure, Function<Path, @Nullable Path> cacheOf) {
    Throwable cause = failure.getCause();
    boolean mayComeBack =
        cause instanceof BoundedCall.NoAnswer
            || (cause instanceof IOException
                && !(cause instanceof AccessDeniedException)
                && !(cause instanceof NotDirectoryException));
    Path place = place(given);
    Path cache = mayComeBack ? cacheOf.apply(place) : null;
    if (cache == null || !place.equals(CacheFs.sourceOf(cache))) {
      throw failure;
    }
    return place;
  }

  /** Returns the real path but for the last name, which may be all that does not answer. */
  private static Path place(Path given) {
    Path absolute = given.toAbsolutePath().normalize();
    Path above = absolute.getParent();
    Path name = absolute.getFileName();
    if (above == null || name == null) {
      return absolute;
    }
    try {
      return BoundedCall.run(BoundedCall.PATIENCE, () -> above.toRealPath().resolve(name));
    } catch (Exception e) {
      return absolute;
    }
  }
}
