package io.cachefs.base;

/**
 * What a source said of a file's content when it was read: if any of it differs, the content may.
 */
public record Version(long size, Timestamp modified, Timestamp changed) {
  public static Version of(Attributes attributes) {
    return new Version(attributes.size(), attributes.modified(), attributes.changed());
  }
}
