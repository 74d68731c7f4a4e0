package io.cachefs.cache.data;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.ByteRange;
import io.cachefs.base.FsException;
import io.cachefs.base.Version;
import io.cachefs.cache.data.block.BlockMap;
import io.cachefs.cache.data.block.Blocks;
import io.cachefs.cache.data.fetch.BufferPool;
import io.cachefs.store.BlockGroup;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Brings the missing blocks of one content in, each once however many ask for it. Thread-safe.
 *
 * <h2>Which version the bytes are of</h2>
 *
 * The origin is asked for its attributes after it was read: if they are still those of the version,
 * so are the bytes, as a change never takes back the change time. An origin that answers at once is
 * asked after every fetch. Another is asked after the first fetch, so that new bytes never go with
 * old ones of another version (unless there are none, and it was just opened as this version), then
 * about once a second, before it is closed, and when the file is complete. Until then blocks are
 * used, but the index does not know them.
 */
final class Fetcher {
  private static final long CONFIRM_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A smaller file is fetched from the asked block to its end, by one call. */
  private static final int WHOLE = 64 * 1024;

  private static final int MAX_BLOCKS = BufferPool.LARGE / BlockGroup.BLOCK_SIZE;

  /** Returned when the content turned out to be dead. */
  static final int GONE = -1;

  // Given at construction, never changes.
  private final Parts parts;
  private final ActiveContent content;
  private final BlockFile blocks;
  private final Kept kept;
  private final long size;
  private final Flights flights = new Flights();

  // State.

  /** Blocks that were fetched, and not confirmed yet. */
  @GuardedBy("waiting")
  private final List<Span> waiting = new ArrayList<>();

  @GuardedBy("waiting")
  private long waitingBlocks;

  private final AtomicBoolean confirming = new AtomicBoolean();
  private volatile boolean everConfirmed;
  private volatile long confirmedAtNanos;

  Fetcher(Parts parts, ActiveContent content, BlockFile blocks, Kept kept) {
    this.parts = parts;
    this.content = content;
    this.blocks = blocks;
    this.kept = kept;
    this.size = content.version().size();
  }

  private record Span(long first, long last) {}

  // --- Fetching ---

  /**
   * Reads bytes whose block is missing, and keeps what it fetched.
   *
   * @param reach how far beyond {@code offset} it is worth to fetch by the same call
   * @return how many bytes {@code target} got; 0 if the block is there now; {@link #GONE}
   */
  int read(long offset, int wanted, ByteBuffer target, Origin origin, int reach)
      throws FsException {
    long block = Blocks.indexOf(offset);
    long last = lastBlock(offset, Math.max(wanted, reach), block);
    int failures = 0;
    while (true) {
      Flights.Claim claim = flights.claim(block, last, this::isPresent);
      if (claim == null) {
        return 0;
      }
      if (claim.isMine()) {
        parts.counters.misses.increment();
        return carryOut(claim.flight(), offset, wanted, target, origin);
      }
      switch (claim.flight().await()) {
        case STORED -> {
          return content.isDead() ? GONE : 0;
        }
        case NOT_STORED -> {
          return readPast(offset, wanted, target, origin);
        }
        case FAILED -> {
          if (content.isDead()) {
            return GONE;
          }
          // Tries itself once before it takes over somebody else's failure.
          FsException failure = claim.flight().failure();
          if (failures++ > 0 && failure != null) {
            throw failure;
          }
        }
      }
    }
  }

  /** Asks for the map each time: it is another one after a blob was found lost. */
  private boolean isPresent(long block) {
    return blocks.map().isPresent(block);
  }

  private long lastBlock(long offset, int length, long first) {
    long last = size <= WHOLE ? Blocks.count(size) - 1 : Blocks.indexOf(offset + length - 1);
    return Math.min(Math.min(last, Blocks.count(size) - 1), first + MAX_BLOCKS - 1);
  }

  /** Reads a part of a living content from the origin and keeps nothing of it. */
  int readPast(long offset, int wanted, ByteBuffer target, Origin origin) throws FsException {
    int limit = target.limit();
    int count;
    try {
      count = content.bypass(offset, target.limit(target.position() + wanted), origin);
    } finally {
      target.limit(limit);
    }
    // It goes with blocks that are kept, so it has to be of their version.
    if (count < wanted) {
      content.versionGone();
      return GONE;
    }
    return !mustConfirm(origin) || confirm(origin) ? count : GONE;
  }

  /** Fetches what is missing of some blocks and nobody fetches yet. */
  void fetch(long first, long last, Origin origin) throws FsException {
    for (long block = first; block <= last && !content.isDead(); block++) {
      if (isPresent(block)) {
        continue;
      }
      long end = Math.min(last, block + MAX_BLOCKS - 1);
      Flights.Claim claim = flights.claim(block, end, this::isPresent);
      if (claim != null && claim.isMine()) {
        block = claim.flight().last;
        if (carryOut(claim.flight(), 0, 0, null, origin) == GONE) {
          return;
        }
      } else if (claim != null) {
        block = claim.flight().last;
      }
    }
  }

  /** Waits for what others fetch of some blocks; their failures are theirs. */
  void awaitOthers(long first, long last) throws FsException {
    for (long block = first; block <= last; block++) {
      Flight flight = flights.at(block);
      if (flight != null) {
        flight.await();
      }
    }
  }

  private int carryOut(
      Flight flight, long offset, int wanted, @Nullable ByteBuffer target, Origin origin)
      throws FsException {
    Flight.Outcome outcome = Flight.Outcome.FAILED;
    FsException failure = null;
    ByteBuffer buffer = parts.buffers.take(Blocks.length(flight.first, flight.last, size));
    try {
      if (buffer == null) {
        outcome = Flight.Outcome.NOT_STORED;
        return target == null ? 0 : readPast(offset, wanted, target, origin);
      }
      long last =
          Math.min(flight.last, flight.first + buffer.capacity() / BlockGroup.BLOCK_SIZE - 1);
      buffer.limit(Blocks.length(flight.first, last, size));
      if (content.readFully(origin, Blocks.offsetOf(flight.first), buffer) < buffer.limit()) {
        // The file ends before the version does.
        content.versionGone();
        return GONE;
      }
      outcome = keep(flight.first, last, buffer.flip(), origin);
      if (outcome == Flight.Outcome.FAILED) {
        return GONE;
      }
      if (target == null) {
        return 0;
      }
      int from = (int) (offset - Blocks.offsetOf(flight.first));
      int count = Math.min(wanted, buffer.limit() - from);
      target.put(target.position(), buffer, from, count);
      target.position(target.position() + count);
      return count;
    } catch (FsException e) {
      failure = e;
      throw e;
    } finally {
      flights.remove(flight);
      flight.end(outcome, failure);
      if (buffer != null) {
        parts.buffers.give(buffer);
      }
      tellIndex(false);
    }
  }

  /** Keeps blocks that were fetched; FAILED if they are of another version. */
  private Flight.Outcome keep(long first, long last, ByteBuffer bytes, Origin origin)
      throws FsException {
    int[] checksums = checksums(bytes, first, last);
    boolean written = blocks.write(first, last, bytes.rewind());
    if (!written) {
      parts.counters.bypassBytes.add(bytes.limit());
    }
    bytes.clear().limit(Blocks.length(first, last, size));
    kept.fetched();
    if (mustConfirm(origin)) {
      if (!confirm(origin)) {
        return Flight.Outcome.FAILED;
      }
      if (written) {
        blocks.add(first, last, checksums);
        kept.count(blocks.map());
        kept.confirm(blocks.map(), first, last);
      }
    } else if (written) {
      blocks.add(first, last, checksums);
      if (addWaiting(first, last) || isConfirmDue()) {
        confirmQuietly(origin);
      }
    }
    return written ? Flight.Outcome.STORED : Flight.Outcome.NOT_STORED;
  }

  private int[] checksums(ByteBuffer bytes, long first, long last) {
    int[] checksums = new int[(int) (last - first + 1)];
    CRC32C crc = new CRC32C();
    for (int i = 0; i < checksums.length; i++) {
      crc.reset();
      int from = i * BlockGroup.BLOCK_SIZE;
      bytes.limit(from + Blocks.length(first + i, size)).position(from);
      crc.update(bytes);
      checksums[i] = (int) crc.getValue();
    }
    return checksums;
  }

  // --- Confirming ---

  private boolean mustConfirm(Origin origin) {
    return origin.isCheap() || !(everConfirmed || beganNow(origin));
  }

  /**
   * Returns whether there is nothing that other bytes could be wrong beside: nothing was kept
   * before the file was opened for this, and then it was of the version. What was fetched is
   * confirmed later, without anybody waiting for it.
   */
  private boolean beganNow(Origin origin) {
    Attributes opened = origin.justOpened();
    if (opened == null || kept.isRecorded() || !Version.of(opened).equals(content.version())) {
      return false;
    }
    confirmedAtNanos = parts.nanos.getAsLong();
    everConfirmed = true;
    return true;
  }

  private boolean isConfirmDue() {
    return parts.nanos.getAsLong() - confirmedAtNanos >= CONFIRM_NANOS;
  }

  /** Notes blocks to be confirmed; returns whether the file is complete with them. */
  private boolean addWaiting(long first, long last) {
    kept.count(blocks.map());
    synchronized (waiting) {
      waiting.add(new Span(first, last));
      waitingBlocks += last - first + 1;
      return kept.isCompleteWith(waitingBlocks);
    }
  }

  /** Confirms unless somebody does right now; a failing origin is asked again later. */
  private void confirmQuietly(Origin origin) {
    if (!confirming.compareAndSet(false, true)) {
      return;
    }
    try {
      boolean unused = confirm(origin);
    } catch (FsException askedAgainLater) {
      confirmedAtNanos = parts.nanos.getAsLong();
    } finally {
      confirming.set(false);
    }
  }

  /**
   * Asks the origin for its version and confirms what was fetched before; returns false if it is
   * another one: the content is dead then.
   */
  private boolean confirm(Origin origin) throws FsException {
    if (content.isDead()) {
      return false;
    }
    List<Span> spans = takeWaiting();
    long nanos = parts.nanos.getAsLong();
    // Our own chmod may change the version while the origin is asked: both are right then.
    Version before = content.version();
    Version now;
    try {
      now = Version.of(origin.attributes());
    } catch (FsException e) {
      putBack(spans);
      if (parts.listener.isSourceDown()) {
        keepUnconfirmed();
      }
      throw e;
    }
    if (!now.equals(before) && !now.equals(content.version())) {
      content.versionGone();
      return false;
    }
    for (Span span : spans) {
      kept.confirm(blocks.map(), span.first, span.last);
    }
    confirmedAtNanos = nanos;
    everConfirmed = true;
    return true;
  }

  private List<Span> takeWaiting() {
    synchronized (waiting) {
      List<Span> spans = List.copyOf(waiting);
      waiting.clear();
      waitingBlocks = 0;
      return spans;
    }
  }

  private void putBack(List<Span> spans) {
    synchronized (waiting) {
      waiting.addAll(spans);
      for (Span span : spans) {
        waitingBlocks += span.last - span.first + 1;
      }
    }
  }

  /** Confirms what waits for it, and tells the index. */
  void finish(Origin origin) {
    boolean isWaiting;
    synchronized (waiting) {
      isWaiting = !waiting.isEmpty();
    }
    if (isWaiting) {
      confirmQuietly(origin);
    }
    tellIndex(true);
  }

  /**
   * Keeps what the source, which is down, could not confirm any more: it is used until the source
   * answers, and then fetched again.
   */
  private void keepUnconfirmed() {
    List<Span> spans = takeWaiting();
    if (spans.isEmpty() || content.isDead()) {
      return;
    }
    kept.doubt();
    for (Span span : spans) {
      kept.confirm(blocks.map(), span.first, span.last);
    }
  }

  /** Hands to the index what is due, or all. */
  void tellIndex(boolean all) {
    if (kept.publish(blocks.map(), blocks::chargedBytes, all)) {
      parts.listener.changedId(content.file(), content.id());
    }
  }

  // --- The whole file ---

  /** Fetches all that is missing; several ranges at once if the origin is not cheap. */
  void fill(Origin origin) throws FsException {
    new Fill(parts, this, content, size).run(origin);
    long end = Blocks.count(size) - 1;
    awaitOthers(0, end);
    fetch(0, end, origin);
    finish(origin);
  }

  List<ByteRange> ranges() {
    List<ByteRange> ranges = new ArrayList<>();
    BlockMap map = blocks.map();
    long count = Blocks.count(size);
    long start = -1;
    for (long block = 0; block <= count; block++) {
      boolean present = block < count && map.isPresent(block);
      if (present && start < 0) {
        start = block;
      } else if (!present && start >= 0) {
        ranges.add(new ByteRange(Blocks.offsetOf(start), Blocks.length(start, block - 1, size)));
        start = -1;
      }
    }
    return ranges;
  }
}
