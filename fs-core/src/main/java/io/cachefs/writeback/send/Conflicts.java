package io.cachefs.writeback.send;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.source.Found;
import io.cachefs.writeback.send.Conflict.Side;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Decides what becomes of a change that met something else than it was based on. Thread-safe. */
final class Conflicts {
  /** More than these with one name in one second are no accident. */
  private static final int MAX_ATTEMPTS = 1000;

  private final SendSettings settings;
  private final Naming naming;
  private final InstantSource time;

  Conflicts(SendSettings settings, Naming naming, InstantSource time) {
    this.settings = settings;
    this.naming = naming;
    this.time = time;
  }

  ConflictPolicy policy() {
    return settings.policy();
  }

  /** A meeting of two versions, as far as it is known. */
  record Meeting(
      String path,
      @Nullable String from,
      String what,
      @Nullable Side ours,
      @Nullable Attributes theirs) {

    Meeting(String path, String what, @Nullable Side ours, @Nullable Attributes theirs) {
      this(path, null, what, ours, theirs);
    }
  }

  /** Returns our version, as far as the change says it. */
  static Side ours(long size, AttributeChange change, @Nullable Attributes like) {
    Timestamp modified = change.modified() instanceof TimeChange.At at ? at.time() : null;
    Integer uid = change.uid();
    Integer gid = change.gid();
    return new Side(
        size,
        modified,
        uid != null ? uid : like == null ? -1 : like.uid(),
        gid != null ? gid : like == null ? -1 : like.gid());
  }

  private Conflict conflict(Meeting meeting, @Nullable Name aside, boolean given, boolean mixed) {
    return new Conflict(
        meeting.path(),
        meeting.from(),
        meeting.what(),
        policy(),
        time.instant(),
        meeting.ours(),
        Side.of(meeting.theirs()),
        aside,
        given,
        mixed);
  }

  /** Ours is given up. */
  Receipt given(Meeting meeting, @Nullable Found theirs) {
    return new Receipt(theirs, null, true, conflict(meeting, null, true, false));
  }

  /** Ours took the place of theirs. */
  Receipt over(Meeting meeting, @Nullable Found after) {
    return new Receipt(after, null, false, conflict(meeting, null, false, false));
  }

  /** Puts our version under a name, or fails with EEXIST. */
  interface Placing {
    @Nullable Found under(Name name) throws FsException;
  }

  /** Ours is kept under the first name that is free. */
  Receipt aside(Meeting meeting, Name name, boolean mixed, Placing placing) throws FsException {
    Instant now = time.instant();
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      Name other = naming.aside(name, now, attempt);
      try {
        Found after = placing.under(other);
        return new Receipt(after, other, false, conflict(meeting, other, false, mixed));
      } catch (FsException e) {
        if (e.errno() != Errno.EEXIST) {
          throw e;
        }
      }
    }
    throw new FsException(Errno.EEXIST, "no name is free for our version");
  }
}
