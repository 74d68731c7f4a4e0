package io.cachefs.fuse.kernel.device;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.fuse.kernel.dispatch.ChangeNotices;
import io.cachefs.fuse.kernel.wire.Notices;
import io.cachefs.sys.NativeBuffer;
import io.cachefs.vfs.VfsListener;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the kernel what to drop from its caches, from one thread that serves no request and holds
 * no lock while it does: the kernel may wait for a request to end before it takes a message.
 * Thread-safe; never blocks its callers.
 *
 * <p>Bounds. A message that waits is not queued twice. Of inodes there wait no more than the kernel
 * knows, because a forget takes its message away. When more than {@link #MAX_NAMES} names wait,
 * they are replaced by one message that makes the kernel ask for every name again; a kernel without
 * that message keeps names for {@link #NAME_LIFETIME_WITHOUT_EPOCH} at most.
 *
 * <p>Repetition. An answer that was sent before a message may be taken by its caller after it: the
 * kernel wakes the caller, and what that one notes of a name or of an inode new to the kernel is
 * then old and would be kept. Nothing tells when the caller was there, so a message of a change is
 * sent again after {@link #REPEAT_NANOS}. Content needs no repetition: the kernel waits for reads
 * under way.
 */
final class Notifier implements ChangeNotices, VfsListener {
  private static final Logger log = LoggerFactory.getLogger(Notifier.class);

  /** Enough for a burst of changes; a message is about a microsecond of work. */
  static final int MAX_NAMES = 64 * 1024;

  /** Far longer than it takes a caller that has its answer to run. */
  static final long REPEAT_NANOS = 50_000_000;

  /** A bound where too many changes at a time can be lost. */
  static final long NAME_LIFETIME_WITHOUT_EPOCH = 10_000_000_000L;

  private static final int MAX_MESSAGE = 512;

  /** How many announcements are remembered one by one, a power of two. */
  static final int LAST_ANNOUNCED = 256;

  /** Of an inode that waits: its content is to be dropped too. */
  private static final int CONTENT = 1;

  /** Of an inode that waits: the file system announced it, so the message is repeated. */
  private static final int ANNOUNCED = 2;

  private record EntryName(long parent, Name name) {}

  /** What was sent and is to be sent again. Owned by the thread that sends. */
  private static final class Sent {
    private final Set<Long> inodes = new LinkedHashSet<>();
    private final Set<EntryName> names = new LinkedHashSet<>();
    private boolean epoch;

    boolean isEmpty() {
      return inodes.isEmpty() && names.isEmpty() && !epoch;
    }

    boolean isFull() {
      return inodes.size() + names.size() >= MAX_NAMES;
    }
  }

  // Given at construction, never changes.
  private final RequestChannel channel;
  private final boolean hasEpoch;
  private final LongSupplier nanoTime;
  private final Thread thread = new Thread(this::run, "fuse-notifier");
  private final NativeBuffer memory = new NativeBuffer(MAX_MESSAGE);

  // Counters.
  private final AtomicLong announced = new AtomicLong();

  /** The inodes of the last announcements, by their numbers; set before the number grows. */
  private final AtomicLongArray lastAnnounced = new AtomicLongArray(LAST_ANNOUNCED);

  private final LongAdder overflows = new LongAdder();

  // State, guarded as marked.
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Inodes with what to drop of each, {@link #CONTENT} and {@link #ANNOUNCED}. */
  @GuardedBy("lock")
  private final Map<Long, Integer> inodes = new LinkedHashMap<>();

  @GuardedBy("lock")
  private final Set<EntryName> names = new LinkedHashSet<>();

  @GuardedBy("lock")
  private boolean everyName;

  @GuardedBy("lock")
  private boolean closed;

  /** So that the usual forget, of an inode without a message, costs no lock. */
  private volatile boolean inodesWait;

  // Owned by the thread that sends.
  private Sent sentLately = new Sent();
  private Sent sentBefore = new Sent();
  private long lastRepeat;
  private boolean namesNext;

  /** {@code hasEpoch} says whether the kernel knows the message about every name. */
  Notifier(RequestChannel channel, boolean hasEpoch, LongSupplier nanoTime) {
    this.channel = channel;
    this.hasEpoch = hasEpoch;
    this.nanoTime = nanoTime;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  // --- What others say ---

  @Override
  public void attributesChanged(long inodeId) {
    add(inodeId, 0);
  }

  @Override
  public long announced() {
    return announced.get();
  }

  @Override
  public boolean announcedSince(long before, long inodeId) {
    long now = announced.get();
    if (now - before > LAST_ANNOUNCED) {
      return true;
    }
    for (long i = before; i < now; i++) {
      if (lastAnnounced.get((int) i & (LAST_ANNOUNCED - 1)) == inodeId) {
        return true;
      }
    }
    // A place that was used again meanwhile has hidden what was there; one is being written now.
    return announced.get() - before >= LAST_ANNOUNCED;
  }

  @GuardedBy("lock")
  private void announceLocked(long inodeId) {
    long number = announced.get();
    lastAnnounced.set((int) number & (LAST_ANNOUNCED - 1), inodeId);
    announced.set(number + 1);
  }

  @Override
  public void inodeChanged(long inodeId, boolean attributesOnly) {
    add(inodeId, attributesOnly ? ANNOUNCED : ANNOUNCED | CONTENT);
  }

  @Override
  public void nameChanged(long directory, Name name) {
    addName(new EntryName(directory, name));
  }

  private void add(long inodeId, int what) {
    lock.lock();
    try {
      if ((what & ANNOUNCED) != 0) {
        announceLocked(inodeId);
      }
      if (!closed) {
        inodes.merge(inodeId, what, (before, now) -> before | now);
        inodesWait = true;
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void addName(EntryName name) {
    lock.lock();
    try {
      announceLocked(name.parent());
      if (closed || (everyName && hasEpoch)) {
        return;
      }
      if (names.size() < MAX_NAMES) {
        names.add(name);
      } else if (!names.contains(name)) {
        overflows.increment();
        everyName = hasEpoch;
        if (hasEpoch) {
          names.clear();
        }
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void forgotten(long inodeId) {
    if (!inodesWait) {
      return;
    }
    lock.lock();
    try {
      inodes.remove(inodeId);
      inodesWait = !inodes.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long longestNameLifetime() {
    return hasEpoch ? Long.MAX_VALUE : NAME_LIFETIME_WITHOUT_EPOCH;
  }

  /** Returns how often too many names waited. */
  long overflows() {
    return overflows.sum();
  }

  /** Returns how many messages wait. */
  int waiting() {
    lock.lock();
    try {
      return inodes.size() + names.size() + (everyName ? 1 : 0);
    } finally {
      lock.unlock();
    }
  }

  // --- The thread ---

  private void run() {
    lastRepeat = nanoTime.getAsLong();
    try {
      while (awaitWork()) {
        repeatWhatIsDue();
        if (!sentLately.isFull()) {
          sendNext();
        }
      }
    } catch (InterruptedException ending) {
      log.debug("notifier interrupted");
    }
  }

  /** Waits until there is something to send or to repeat; returns false at the end. */
  private boolean awaitWork() throws InterruptedException {
    lock.lock();
    try {
      while (!closed) {
        boolean nothing = (inodes.isEmpty() && names.isEmpty() && !everyName);
        if (!nothing && !sentLately.isFull()) {
          return true;
        }
        if (sentLately.isEmpty() && sentBefore.isEmpty()) {
          changed.await();
          lastRepeat = nanoTime.getAsLong();
        } else {
          long left = lastRepeat + REPEAT_NANOS - nanoTime.getAsLong();
          if (left <= 0) {
            return true;
          }
          long unused = changed.awaitNanos(left);
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void repeatWhatIsDue() {
    if (nanoTime.getAsLong() - lastRepeat < REPEAT_NANOS) {
      return;
    }
    Sent due = sentBefore;
    sentBefore = sentLately;
    sentLately = new Sent();
    if (due.epoch) {
      sendEpoch();
    }
    due.inodes.forEach(inode -> sendInode(inode, 0));
    due.names.forEach(this::sendName);
    lastRepeat = nanoTime.getAsLong();
  }

  private void sendNext() {
    Map.@Nullable Entry<Long, Integer> inode = null;
    EntryName name = null;
    boolean epoch;
    lock.lock();
    try {
      epoch = everyName;
      everyName = false;
      // In turns, so that neither kind waits for a flood of the other.
      namesNext = !namesNext && !names.isEmpty();
      if (!epoch && (namesNext || inodes.isEmpty())) {
        name = takeLocked(names.iterator());
      } else if (!epoch) {
        inode = takeLocked(inodes.entrySet().iterator());
        inodesWait = !inodes.isEmpty();
      }
    } finally {
      lock.unlock();
    }
    if (epoch) {
      sendEpoch();
      sentLately.epoch = true;
    }
    if (name != null) {
      sendName(name);
      sentLately.names.add(name);
    }
    if (inode != null) {
      sendInode(inode.getKey(), inode.getValue());
      if ((inode.getValue() & ANNOUNCED) != 0) {
        sentLately.inodes.add(inode.getKey());
      }
    }
  }

  private static <T> @Nullable T takeLocked(Iterator<T> all) {
    if (!all.hasNext()) {
      return null;
    }
    T first = all.next();
    all.remove();
    return first;
  }

  // --- Messages ---

  private void sendInode(long inode, int what) {
    send(Notices.invalidateInode(memory.buffer(), inode, (what & CONTENT) == 0));
  }

  private void sendName(EntryName entry) {
    send(Notices.invalidateEntry(memory.buffer(), entry.parent(), entry.name().bytes()));
  }

  private void sendEpoch() {
    send(Notices.nextEpoch(memory.buffer()));
  }

  private void send(int length) {
    try {
      channel.send(memory, 0, length);
    } catch (FsException failure) {
      // ENOENT: the kernel does not know the inode or the name, so there is nothing to drop.
      if (failure.errno() != Errno.ENOENT && failure.errno() != Errno.ENODEV) {
        log.debug("invalidation refused: {}", failure.getMessage());
      }
    }
  }

  // --- The end ---

  /** Ends the thread; messages that wait are dropped. */
  void close() {
    lock.lock();
    try {
      closed = true;
      inodes.clear();
      names.clear();
      inodesWait = false;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the thread to end, at most so long; returns whether it did. */
  boolean awaitEnd(long millis) throws InterruptedException {
    if (thread != Thread.currentThread()) {
      thread.join(millis);
    }
    return !thread.isAlive();
  }
}
