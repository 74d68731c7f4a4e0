package io.cachefs.engine.config;

import java.nio.file.Path;

/**
 * How a file system is to be built.
 *
 * @param source the directory to serve
 * @param descriptorLimit how many descriptors may be kept open between operations to find files
 *     again; descriptors of open files come on top
 */
public record CacheFsConfig(Path source, int descriptorLimit) {
  /** Enough for the directories of a large tree in use, and far from the usual limit of 20,000. */
  public static final int DEFAULT_DESCRIPTOR_LIMIT = 1024;

  public CacheFsConfig {
    if (descriptorLimit < 16) {
      throw new IllegalArgumentException(
          "descriptor limit " + descriptorLimit + " is less than 16");
    }
  }

  /** Returns the configuration with all defaults. */
  public static CacheFsConfig of(Path source) {
    return new CacheFsConfig(source, DEFAULT_DESCRIPTOR_LIMIT);
  }

  public CacheFsConfig withDescriptorLimit(int limit) {
    return new CacheFsConfig(source, limit);
  }
}
