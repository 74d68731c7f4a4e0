package io.cachefs.base;

import org.jspecify.annotations.Nullable;

/**
 * A request to change some attributes at once; what is null stays as it is.
 *
 * @param mode new permission bits, without the type
 * @param killPrivileges whether set-uid and set-gid bits must be cleared too, as Linux does when an
 *     unprivileged caller changes the content
 */
public record AttributeChange(
    @Nullable Integer mode,
    @Nullable Integer uid,
    @Nullable Integer gid,
    @Nullable Long size,
    @Nullable TimeChange accessed,
    @Nullable TimeChange modified,
    boolean killPrivileges) {

  /** Changes nothing; a start for the {@code with} methods. */
  public static final AttributeChange NONE =
      new AttributeChange(null, null, null, null, null, null, false);

  public AttributeChange withMode(int newMode) {
    return new AttributeChange(newMode, uid, gid, size, accessed, modified, killPrivileges);
  }

  public AttributeChange withOwner(@Nullable Integer newUid, @Nullable Integer newGid) {
    return new AttributeChange(mode, newUid, newGid, size, accessed, modified, killPrivileges);
  }

  public AttributeChange withSize(long newSize) {
    return new AttributeChange(mode, uid, gid, newSize, accessed, modified, killPrivileges);
  }

  public AttributeChange withTimes(
      @Nullable TimeChange newAccessed, @Nullable TimeChange newModified) {
    return new AttributeChange(mode, uid, gid, size, newAccessed, newModified, killPrivileges);
  }

  public AttributeChange withKillPrivileges() {
    return new AttributeChange(mode, uid, gid, size, accessed, modified, true);
  }

  /** A new time: the source's present, or a given instant. */
  public sealed interface TimeChange {
    /** The clock of the source, read by the source. */
    record Now() implements TimeChange {}

    /** A given instant. */
    record At(Timestamp time) implements TimeChange {}
  }
}
