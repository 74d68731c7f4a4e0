package io.cachefs.engine.admin;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.conflict.ConflictStore;
import io.cachefs.writeback.conflict.KeptConflict;
import io.cachefs.writeback.pending.PendingSource;
import io.cachefs.writeback.send.Conflict;
import io.cachefs.writeback.send.ConflictPolicy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists conflicts and resolves them: one of the two versions goes, as if a user had removed or
 * renamed it, or both stay. Thread-safe.
 */
public final class ConflictAdmin {
  /** {@code RENAME_NOREPLACE} of {@code fs.h}. */
  private static final int NO_REPLACE = 1;

  private final PendingSource source;
  private final ConflictStore store;

  ConflictAdmin(PendingSource source, ConflictStore store) {
    this.source = source;
    this.store = store;
  }

  /** Which version stays. */
  public enum Keep {
    OURS,
    THEIRS,
    BOTH
  }

  /**
   * Returns the conflicts of which one of the paths is at or below some paths, the oldest first; an
   * empty path is for all.
   */
  public List<ConflictEntry> list(List<String> paths) {
    return selected(paths).stream().map(ConflictEntry::of).toList();
  }

  private List<KeptConflict> selected(List<String> paths) {
    List<KeptConflict> selected = new ArrayList<>();
    for (KeptConflict kept : store.list()) {
      Conflict conflict = kept.conflict();
      String aside = conflict.keptPath();
      for (String path : paths) {
        if (WriteBackAdmin.isWithin(conflict.path(), path)
            || (aside != null && WriteBackAdmin.isWithin(aside, path))) {
          selected.add(kept);
          break;
        }
      }
    }
    return selected;
  }

  /** Resolves the conflicts at or below some paths; what cannot be resolved stays in the list. */
  public void resolve(List<String> paths, Keep keep, Job job) {
    for (String path : paths) {
      if (selected(List.of(path)).isEmpty()) {
        job.failed(path, "there is no conflict");
      }
    }
    for (KeptConflict kept : selected(paths)) {
      if (job.isCancelled()) {
        return;
      }
      Conflict conflict = kept.conflict();
      try {
        if (keep == Keep.OURS) {
          keepOurs(conflict);
        } else if (keep == Keep.THEIRS) {
          keepTheirs(conflict);
        }
        store.remove(List.of(kept.id()));
        job.fileDone(0);
      } catch (FsException e) {
        job.failed(
            conflict.path(), e.getMessage() == null ? e.errno().description() : e.getMessage());
      }
    }
  }

  private void keepOurs(Conflict conflict) throws FsException {
    if (conflict.movedAside() != null) {
      Spot kept = spot(String.valueOf(conflict.keptPath()));
      Spot place = spot(conflict.path());
      Found ours = kept.find();
      if (ours == null) {
        throw gone(conflict);
      }
      Found theirs = place.find();
      if (theirs != null && theirs.attributes().isDirectory() != ours.attributes().isDirectory()) {
        place.remove(theirs);
      }
      kept.rename(place, 0);
    } else if (conflict.what().equals("remove") && conflict.given()) {
      Spot place = spot(conflict.path());
      Found theirs = place.find();
      if (theirs != null) {
        place.remove(theirs);
      }
    } else if (conflict.policy() != ConflictPolicy.OURS || conflict.given()) {
      throw new FsException(Errno.ENOENT, "our version was given up");
    }
  }

  private void keepTheirs(Conflict conflict) throws FsException {
    if (conflict.movedAside() != null) {
      Spot kept = spot(String.valueOf(conflict.keptPath()));
      Found ours = kept.find();
      if (ours == null) {
        return;
      }
      String from = conflict.from();
      if (from == null) {
        kept.remove(ours);
        return;
      }
      // Not renamed, then.
      Spot before = spot(from);
      kept.rename(before, NO_REPLACE);
    } else if (!conflict.given() && conflict.theirs() != null) {
      throw new FsException(Errno.ENOENT, "the source's version was replaced by ours");
    }
  }

  private static FsException gone(Conflict conflict) {
    return new FsException(
        Errno.ENOENT, conflict.keptPath() + " is not there any more; --keep both forgets the rest");
  }

  /** A name in a directory. */
  private final class Spot {
    final SourceNode directory;
    final Name name;

    Spot(SourceNode directory, Name name) {
      this.directory = directory;
      this.name = name;
    }

    @Nullable Found find() throws FsException {
      try {
        return source.find(directory, name);
      } catch (FsException e) {
        if (e.errno() == Errno.ENOENT) {
          return null;
        }
        throw e;
      }
    }

    void remove(Found found) throws FsException {
      if (found.attributes().isDirectory()) {
        source.rmdir(directory, name);
      } else {
        source.unlink(directory, name);
      }
      source.nameChanged(directory, name);
    }

    void rename(Spot to, int flags) throws FsException {
      source.rename(directory, name, to.directory, to.name, flags, id -> null);
      source.nameChanged(directory, name);
      source.nameChanged(to.directory, to.name);
    }
  }

  private Spot spot(String path) throws FsException {
    SourceNode at = source.root().node();
    String[] parts = path.split("/", -1);
    for (int i = 0; i < parts.length - 1; i++) {
      at = source.find(at, Name.of(parts[i])).node();
    }
    return new Spot(at, Name.of(parts[parts.length - 1]));
  }
}
