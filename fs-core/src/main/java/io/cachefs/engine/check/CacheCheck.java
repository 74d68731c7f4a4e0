package io.cachefs.engine.check;

import io.cachefs.base.FileKey;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.store.IndexAudit.Balance;
import io.cachefs.store.StoreException;
import io.cachefs.store.blob.ShardedBlobStore;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.store.directory.CacheDirectoryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Looks through a cache that is open. Run by one thread at a time. */
public final class CacheCheck {
  private final CheckedParts parts;

  public CacheCheck(CheckedParts parts) {
    this.parts = parts;
  }

  /** Looks through everything, and repairs it if the job says so. */
  public void run(CheckJob job) throws CheckException {
    try {
      runOrFail(job);
    } catch (StoreException e) {
      throw new CheckException("the cache cannot be checked: " + e.getMessage(), e);
    }
  }

  void runOrFail(CheckJob job) throws StoreException {
    checkDirectory(job);
    parts.journal().run(job);
    parts.index().flush();
    new RecordCheck(parts, job).run();
    new ContentCheck(parts, job).run();
    checkBlobs(job);
    // Last, because what was removed is not counted any more.
    checkTotals(job);
    if (job.repairs()) {
      parts.index().sync();
    }
    finish(job);
  }

  private void checkDirectory(CheckJob job) throws StoreException {
    CacheDirectory directory = parts.directory();
    try {
      for (Path each : List.of(directory.path(), directory.index(), directory.blobs())) {
        checkPrivate(each, job);
      }
      if (!directory.hasGoodId()) {
        job.found(Kind.DIRECTORY, null, directory.path() + " has no valid id", false);
      }
      for (Path stranger : directory.strangers()) {
        boolean removed = job.repairs() && directory.removeLeftover(stranger);
        job.found(Kind.ORPHAN, null, stranger + " does not belong to the cache", removed);
      }
    } catch (CacheDirectoryException e) {
      throw new StoreException(String.valueOf(e.getMessage()), e);
    }
    for (Path stranger : ShardedBlobStore.strangers(directory.blobs())) {
      boolean removed = job.repairs() && removeFile(stranger);
      job.found(Kind.ORPHAN, null, stranger + " is no blob", removed);
    }
  }

  /** Finds a directory that others may enter. */
  static void checkPrivate(Path directory, CheckJob job) throws CacheDirectoryException {
    if (!CacheDirectory.isPrivate(directory)) {
      if (job.repairs()) {
        CacheDirectory.makePrivate(directory);
      }
      job.found(Kind.DIRECTORY, null, "others may enter " + directory, job.repairs());
    }
  }

  private static boolean removeFile(Path stranger) {
    try {
      // A whole directory was not put there by accident of ours.
      return !Files.isDirectory(stranger, LinkOption.NOFOLLOW_LINKS)
          && Files.deleteIfExists(stranger);
    } catch (IOException e) {
      return false;
    }
  }

  /** Finds blobs without a record. */
  private void checkBlobs(CheckJob job) throws StoreException {
    // Those of contents that begin from now on have no record yet.
    long firstNewId = parts.index().newContentId();
    parts
        .blobs()
        .visit(
            (id, size, allocated) -> {
              job.sawBlob();
              boolean isOrphan =
                  !job.isCancelled()
                      && id < firstNewId
                      && !parts.data().inUse(id)
                      && parts.index().content(id) == null;
              // Once more, because one that is being removed loses its record first.
              if (isOrphan && !parts.data().inUse(id) && isStillThere(id)) {
                if (job.repairs()) {
                  parts.blobs().remove(id);
                }
                String what =
                    "blob " + Long.toHexString(id) + " of " + size + " bytes has no record";
                job.found(Kind.ORPHAN, null, what, job.repairs());
              }
            });
  }

  private boolean isStillThere(long id) {
    try {
      return parts.blobs().stat(id) != null;
    } catch (StoreException e) {
      return true;
    }
  }

  private void checkTotals(CheckJob job) throws StoreException {
    parts.index().flush();
    Balance balance = parts.audit().balance();
    if (balance.isEven() || job.isCancelled()) {
      return;
    }
    if (job.repairs()) {
      balance = parts.audit().recount();
      parts
          .sums()
          .tooMuch(
              balance.noted().contents() - balance.counted().contents(),
              balance.noted().contentBytes() - balance.counted().contentBytes(),
              balance.noted().pinnedBytes() - balance.counted().pinnedBytes());
    }
    String what = "noted are " + balance.noted() + " and counted " + balance.counted();
    job.found(Kind.TOTALS, null, what, job.repairs());
  }

  private void finish(CheckJob job) {
    Set<FileKey> files = new HashSet<>();
    for (CheckJob.Noted each : job.noted()) {
      if (each.file() != null) {
        files.add(each.file());
      }
    }
    PathFinder paths = new PathFinder(parts.audit(), parts.directory().source().rootInode());
    paths.look(files);
    List<Finding> findings = new ArrayList<>();
    for (CheckJob.Noted each : job.noted()) {
      FileKey file = each.file();
      String known = each.path() == null ? "" : each.path();
      String path = file == null ? known : paths.path(file, each.name());
      findings.add(new Finding(each.kind(), path, each.what(), each.repaired()));
    }
    job.finish(findings);
  }
}
