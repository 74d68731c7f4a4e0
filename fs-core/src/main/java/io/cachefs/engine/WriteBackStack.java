package io.cachefs.engine;

import io.cachefs.base.FsException;
import io.cachefs.cache.budget.Ledger;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.engine.admin.WriteBackAdmin;
import io.cachefs.engine.check.JournalCheck;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.WriteMode;
import io.cachefs.source.Source;
import io.cachefs.source.guard.GuardedSource;
import io.cachefs.source.guard.SourceHealth;
import io.cachefs.store.directory.CacheDirectory;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.writeback.WriteBack;
import io.cachefs.writeback.conflict.ConflictStore;
import io.cachefs.writeback.journal.DirectoryDisk;
import io.cachefs.writeback.journal.Settings;
import io.cachefs.writeback.pending.PendingSettings;
import io.cachefs.writeback.send.Backpressure;
import io.cachefs.writeback.send.ConflictPolicy;
import io.cachefs.writeback.send.SendSettings;
import io.cachefs.writeback.send.Sender;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/** What keeps changes in a journal above a cache, and sends them. Closed from the top down. */
final class WriteBackStack implements Closeable {
  private static final Path HOST = Path.of("/proc/sys/kernel/hostname");

  private final Deque<Closeable> open = new ArrayDeque<>();
  private final WriteBack writeBack;
  private final Sender sender;
  private final ConflictStore conflicts;
  private final WriteBackAdmin admin;

  /**
   * Opens the journal of a cache, and begins to send what is in it unless that is not wanted.
   *
   * @param cached what changes are sent through, so that the cache hears of them
   * @param inner the source below it
   * @param ledger what the journal's bytes are taken from
   */
  static WriteBackStack open(
      CacheDirectory directory,
      Source cached,
      Source inner,
      Ledger ledger,
      CacheSettings settings,
      Clock clock)
      throws FsException, IOException {
    return new WriteBackStack(directory, cached, inner, ledger, settings, clock);
  }

  private WriteBackStack(
      CacheDirectory directory,
      Source cached,
      Source inner,
      Ledger ledger,
      CacheSettings settings,
      Clock clock)
      throws FsException, IOException {
    WriteBackCare care = settings.writing().back();
    boolean done = false;
    try {
      conflicts = ConflictStore.open(directory.conflicts());
      DirectoryDisk disk = DirectoryDisk.open(new LinuxFileCalls(), directory.journal());
      open.push(disk);
      Settings journaling = PartSettings.journal(settings);
      JournalRoom room = new JournalRoom(ledger, journaling.segmentBytes());
      open.push(room);
      PendingSettings waiting =
          new PendingSettings(care.delay(), care.openDelay(), care.syncsAtSource());
      writeBack =
          WriteBack.open(
              cached, disk, room, journaling, clock.ticks(), clock.wall(), waiting, directory.id());
      open.push(writeBack);
      if (settings.writing().mode() == WriteMode.WRITE_BACK || waiting() > 0) {
        room.keepBack();
      }
      sender =
          new Sender(
              cached,
              writeBack.queue(),
              writeBack.book(),
              sendSettings(care, directory.id()),
              clock.ticks(),
              clock.wall(),
              conflicts::add);
      open.push(sender);
      SourceHealth health = inner instanceof GuardedSource guarded ? guarded.health() : null;
      admin = new WriteBackAdmin(writeBack, sender, conflicts, clock.ticks());
      writeBack.limit(PartSettings.dirty(settings), sender::isStuck);
      if (care.offline()) {
        sender.goOffline();
      }
      if (health != null) {
        follow(health);
      }
      sender.start();
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private void follow(SourceHealth health) {
    SourceHealth.Listener listener =
        (now, reason) -> {
          if (now == SourceHealth.State.DOWN) {
            sender.sourceDown(reason);
          } else {
            sender.sourceUp();
          }
        };
    health.listen(listener);
    open.push(() -> health.ignore(listener));
    if (health.state() == SourceHealth.State.DOWN) {
      sender.sourceDown("the source does not answer");
    }
  }

  private static SendSettings sendSettings(WriteBackCare care, String cacheId) throws IOException {
    SendSettings standard = SendSettings.standard(host(), cacheId, isPrivileged());
    return new SendSettings(
        care.flushers(),
        ConflictPolicy.valueOf(care.onConflict().name()),
        standard.host(),
        standard.cacheId(),
        standard.privileged(),
        standard.synced() || care.syncsAtSource(),
        standard.firstPause(),
        standard.lastPause());
  }

  private static String host() throws IOException {
    return Files.readString(HOST).strip();
  }

  private static boolean isPrivileged() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** Returns what shows all changes. */
  Source source() {
    return writeBack.source();
  }

  Sender sender() {
    return sender;
  }

  /** Returns how much waits, and how near its limits that is. */
  Backpressure.Pressure pressure() {
    return Objects.requireNonNull(writeBack.pressure());
  }

  /** Returns what does what users ask. */
  WriteBackAdmin admin() {
    return admin;
  }

  /** Returns what looks through the journal while it is used. */
  JournalCheck check() {
    return JournalCheck.of(writeBack);
  }

  /** Returns how many operations wait. */
  int waiting() {
    return writeBack.queue().status().all();
  }

  @Override
  public void close() {
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (IOException e) {
        // What is in the journal stays there; nothing else can be done about it here.
        assert e.getMessage() != null;
      }
    }
  }
}
