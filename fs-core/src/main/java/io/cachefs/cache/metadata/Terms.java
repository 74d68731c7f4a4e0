package io.cachefs.cache.metadata;

/**
 * How long answers about one file may be used without asking again, in nanoseconds; {@link
 * Clock#NEVER} stands for ever.
 *
 * @param attributes of the file
 * @param names that lead to it
 * @param absent names that do not exist
 * @param data blocks of its content
 */
public record Terms(long attributes, long names, long absent, long data) {
  /** Returns the shorter of each. */
  Terms least(Terms other) {
    return new Terms(
        Math.min(attributes, other.attributes),
        Math.min(names, other.names),
        Math.min(absent, other.absent),
        Math.min(data, other.data));
  }

  /** Returns whether every answer must be asked for anew. */
  public boolean isStrict() {
    return attributes == 0;
  }
}
