package io.cachefs.cli.mounts;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a cache is kept. */
public final class CachePlace {
  private static final int READABLE_CHARS = 48;
  private static final int HASH_BYTES = 4;

  private CachePlace() {}

  /** Returns where the cache of a source is kept if nothing else is said. */
  public static Path standard(Path source, boolean root, Map<String, String> environment) {
    if (root) {
      return Path.of("/var/cache/cachefs", nameOf(source));
    }
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path home = Path.of(environment.getOrDefault("HOME", "/"));
    Path base = !xdg.isEmpty() && Path.of(xdg).isAbsolute() ? Path.of(xdg) : home.resolve(".cache");
    return base.resolve("cachefs").resolve(nameOf(source));
  }

  /** A name people can read, and no two sources have. */
  private static String nameOf(Path source) {
    String path = source.toString();
    String readable = path.substring(1).replaceAll("[^A-Za-z0-9._]+", "-");
    String end = readable.substring(Math.max(0, readable.length() - READABLE_CHARS));
    return end.replaceAll("^[-.]+", "") + "-" + hash(path);
  }

  private static String hash(String path) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(path.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Returns the real path of a cache directory that may not exist yet, and refuses one that the
   * mount or its source would contain, or that would contain them.
   *
   * @param source real path, or null if it cannot be asked
   * @param mountPoint real path
   */
  public static Path checked(Path given, @Nullable Path source, Path mountPoint) {
    try {
      return BoundedCall.onPath(
          given, ExitCode.CACHE_UNUSABLE, () -> requireApart(given, source, mountPoint));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CommandFailure(
          ExitCode.CACHE_UNUSABLE, "cannot use the cache directory " + given + ": " + e, e);
    }
  }

  private static Path requireApart(Path given, @Nullable Path source, Path mountPoint)
      throws IOException {
    Path place = real(given);
    if (Files.exists(place) && !Files.isDirectory(place)) {
      throw unusable("the cache directory " + given + " is not a directory");
    }
    if (source != null && MountChecks.isInside(place, source)) {
      throw unusable("the cache directory " + given + " lies inside the source " + source);
    }
    if (MountChecks.isInside(place, mountPoint)) {
      throw unusable("the cache directory " + given + " lies inside the mount point " + mountPoint);
    }
    if (Files.exists(place)) {
      if (source != null && MountChecks.isInside(source, place)) {
        throw unusable("the source " + source + " lies inside the cache directory " + given);
      }
      if (MountChecks.isInside(mountPoint, place)) {
        throw unusable(
            "the mount point " + mountPoint + " lies inside the cache directory " + given);
      }
    }
    return place;
  }

  /** Resolves the links of as much of a path as there is. */
  private static Path real(Path given) throws IOException {
    Path existing = given.toAbsolutePath().normalize();
    Path missing = Path.of("");
    while (!Files.exists(existing)) {
      Path above = existing.getParent();
      Path name = existing.getFileName();
      if (above == null || name == null) {
        break;
      }
      missing = name.resolve(missing);
      existing = above;
    }
    Path real = existing.toRealPath();
    return missing.toString().isEmpty() ? real : real.resolve(missing).normalize();
  }

  private static CommandFailure unusable(String sentence) {
    return new CommandFailure(
        ExitCode.CACHE_UNUSABLE, sentence + "; choose another one with --cache-dir");
  }
}
