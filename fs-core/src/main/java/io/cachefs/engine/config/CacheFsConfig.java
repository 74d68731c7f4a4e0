package io.cachefs.engine.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a file system is to be built.
 *
 * @param source the directory to serve
 * @param descriptorLimit how many descriptors may be kept open between operations to find files
 *     again; descriptors of open files come on top
 * @param listingLifetime how long a kernel may use the listing of a directory that seems unchanged;
 *     after it, a new listing brings the attributes of all entries along
 * @param cache how to cache it, or null for not at all
 * @param absent why the source is known not to answer now, or null: then it is not waited for, and
 *     used once it answers
 */
public record CacheFsConfig(
    Path source,
    int descriptorLimit,
    Duration listingLifetime,
    @Nullable CacheSettings cache,
    @Nullable String absent) {
  /** Enough for the directories of a large tree in use, and far from the usual limit of 20,000. */
  public static final int DEFAULT_DESCRIPTOR_LIMIT = 1024;

  /** As long as the kernel keeps names by default. */
  public static final Duration DEFAULT_LISTING_LIFETIME = Duration.ofSeconds(1);

  public CacheFsConfig {
    if (descriptorLimit < 16) {
      throw new IllegalArgumentException(
          "descriptor limit " + descriptorLimit + " is less than 16");
    }
  }

  /** Returns the configuration with all defaults. */
  public static CacheFsConfig of(Path source) {
    return new CacheFsConfig(
        source, DEFAULT_DESCRIPTOR_LIMIT, DEFAULT_LISTING_LIFETIME, null, null);
  }

  public CacheFsConfig withDescriptorLimit(int limit) {
    return new CacheFsConfig(source, limit, listingLifetime, cache, absent);
  }

  public CacheFsConfig withListingLifetime(Duration lifetime) {
    return new CacheFsConfig(source, descriptorLimit, lifetime, cache, absent);
  }

  public CacheFsConfig withCache(@Nullable CacheSettings settings) {
    return new CacheFsConfig(source, descriptorLimit, listingLifetime, settings, absent);
  }

  /** Returns the same for a source that does not answer; {@code why} is null if it does. */
  public CacheFsConfig withAbsent(@Nullable String why) {
    return new CacheFsConfig(source, descriptorLimit, listingLifetime, cache, why);
  }
}
