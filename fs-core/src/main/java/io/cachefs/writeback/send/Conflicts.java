package io.cachefs.writeback.send;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.Found;
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
      String path, String what, long size, @Nullable Basis basis, @Nullable Attributes theirs) {}

  private Conflict conflict(Meeting meeting, @Nullable Name aside, boolean given, boolean mixed) {
    return new Conflict(
        meeting.path(),
        meeting.what(),
        policy(),
        time.instant(),
        meeting.size(),
        meeting.basis(),
        meeting.theirs(),
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
