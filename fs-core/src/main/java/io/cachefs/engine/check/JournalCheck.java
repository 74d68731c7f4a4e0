package io.cachefs.engine.check;

import io.cachefs.base.FsException;
import io.cachefs.engine.check.Finding.Kind;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.writeback.WriteBack;
import io.cachefs.writeback.journal.Damage;
import io.cachefs.writeback.journal.DirectoryDisk;
import io.cachefs.writeback.journal.JournalAudit;
import io.cachefs.writeback.pending.RecordPaths;
import java.nio.file.Files;

/**
 * Looks through the changes that are not at the source. What is damaged there cannot be repaired.
 */
public interface JournalCheck {
  /** For a cache whose changes go to the source at once. */
  JournalCheck NOTHING = job -> {};

  void run(CheckJob job);

  /** Returns a check of a journal that nobody uses, which it does not change. */
  static JournalCheck idle(CacheDirectory directory) {
    return job -> {
      if (!Files.isDirectory(directory.journal())) {
        return;
      }
      try (DirectoryDisk disk = DirectoryDisk.open(new LinuxFileCalls(), directory.journal())) {
        RecordPaths paths = new RecordPaths();
        JournalAudit.Result result =
            JournalAudit.read(
                disk,
                (kind, sequence, head, payloadBytes, isWhole) -> {
                  job.sawChanges(1, payloadBytes);
                  if (!paths.take(kind, sequence, head)) {
                    job.found(Kind.JOURNAL, "", "change " + sequence + " is of an unknown kind");
                  } else if (!isWhole) {
                    String what = payloadBytes + " bytes of a change are not what was written";
                    job.found(Kind.JOURNAL, paths.pathOf(kind, head), what);
                  }
                });
        result.damages().forEach(damage -> job.found(Kind.JOURNAL, "", text(damage)));
      } catch (FsException e) {
        job.found(Kind.JOURNAL, "", String.valueOf(e.getMessage()));
      }
    };
  }

  /** Returns a check of a journal that is in use, by who uses it. */
  static JournalCheck of(WriteBack writeBack) {
    return job -> {
      job.sawChanges(
          writeBack.queue().status().all(),
          writeBack
              .source()
              .verify((path, what) -> job.found(Kind.JOURNAL, path, what), job::isCancelled));
      for (Damage damage : writeBack.journal().report().damages()) {
        // Wrong payloads of what still waits were just found again, with their files.
        if (!damage.isWrongRead()) {
          job.found(Kind.JOURNAL, "", text(damage));
        }
      }
    };
  }

  private static String text(Damage damage) {
    return "segment "
        + damage.segment()
        + ", "
        + damage.bytes()
        + " bytes at "
        + damage.offset()
        + ": "
        + damage.what()
        + "; what was changed after change "
        + damage.afterSequence()
        + " may be lost in part";
  }
}
