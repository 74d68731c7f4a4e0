package io.cachefs.writeback;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.Source;
import io.cachefs.writeback.journal.Disk;
import io.cachefs.writeback.journal.Journal;
import io.cachefs.writeback.journal.JournalException;
import io.cachefs.writeback.journal.Room;
import io.cachefs.writeback.journal.Settings;
import io.cachefs.writeback.pending.PendingSettings;
import io.cachefs.writeback.pending.PendingSource;
import io.cachefs.writeback.queue.SendQueue;
import io.cachefs.writeback.send.Backpressure;
import io.cachefs.writeback.send.Book;
import java.io.Closeable;
import java.time.InstantSource;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Write-back over a source: changes go to a journal and wait in a queue. Who sends them asks {@link
 * #queue} and {@link #book}. Thread-safe.
 */
public final class WriteBack implements Closeable {
  private final PendingSource source;
  private final SendQueue queue;
  private final JournalLog log;
  private final Journal journal;
  private final Gate gate;
  private final LongSupplier ticks;

  private WriteBack(
      PendingSource source,
      SendQueue queue,
      JournalLog log,
      Journal journal,
      Gate gate,
      LongSupplier ticks) {
    this.source = source;
    this.queue = queue;
    this.log = log;
    this.journal = journal;
    this.gate = gate;
    this.ticks = ticks;
  }

  /**
   * Opens the journal on a disk, with all that is pending in it.
   *
   * @param base what changes are kept from; closed by nobody here
   * @param ticks the clock of delays
   * @param cacheId tells temporary names at the source from those of other caches
   */
  public static WriteBack open(
      Source base,
      Disk disk,
      Room room,
      Settings journaling,
      LongSupplier ticks,
      InstantSource wall,
      PendingSettings settings,
      String cacheId)
      throws FsException {
    SendQueue queue = new SendQueue(ticks);
    JournalLog log = new JournalLog();
    Gate gate = new Gate();
    QueuePort port = new QueuePort(queue, settings.openDelay().toNanos());
    PendingSource source = new PendingSource(base, log, port, ticks, wall, settings, gate, cacheId);
    boolean done = false;
    try {
      Journal journal =
          Journal.open(
              disk,
              room,
              (kind, sequence, head, place) -> {
                try {
                  source.replay(kind, head, place);
                } catch (JournalException e) {
                  throw e;
                } catch (FsException e) {
                  throw new JournalException(
                      JournalException.Kind.NEWER_FORMAT,
                      Errno.EIO,
                      "the journal cannot be read: " + e.getMessage(),
                      e);
                }
              },
              journaling);
      log.attach(journal);
      source.replayed();
      done = true;
      return new WriteBack(source, queue, log, journal, gate, ticks);
    } finally {
      if (!done) {
        source.close();
      }
    }
  }

  /** Returns what shows the base with all that is pending. */
  public PendingSource source() {
    return source;
  }

  /** Returns what waits to be sent. */
  public SendQueue queue() {
    return queue;
  }

  /** Returns who knows what that means, and is to be told what came of it. */
  public Book book() {
    return source.book();
  }

  public Journal journal() {
    return journal;
  }

  /**
   * Bounds what may wait from now on.
   *
   * @param stuck tells whether nothing can be sent for now
   */
  public void limit(Backpressure.Limits limits, BooleanSupplier stuck) {
    Backpressure.Sending sending =
        new Backpressure.Sending() {
          @Override
          public boolean isStuck() {
            return stuck.getAsBoolean();
          }

          @Override
          public void hurry(boolean now) {
            queue.rush(now);
          }

          @Override
          public void settle() {
            log.end();
          }
        };
    gate.setRules(
        new Backpressure(limits, new Waiting(source, queue, journal), sending, ticks), journal);
  }

  /** Returns how much waits, or null if that is not bounded. */
  public Backpressure.@Nullable Pressure pressure() {
    Backpressure bounds = gate.pressure();
    return bounds == null ? null : bounds.pressure();
  }

  /** Ends all; what was not sent is in the journal. */
  @Override
  public void close() {
    queue.stop();
    source.close();
    log.end();
    journal.close();
  }
}
