package io.cachefs.source.posix;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.ChangeFeed;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.Inotify;
import io.cachefs.sys.NativeBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports changes of local directories through inotify(7). One thread reads events and tells the
 * listener; what happens many times in a short while is told once. When the limit of watches is
 * reached, the directory asked for longest ago is no longer watched.
 */
final class InotifyFeed implements ChangeFeed {
  private static final Logger LOG = LoggerFactory.getLogger(InotifyFeed.class);
  private static final Path USER_LIMIT = Path.of("/proc/sys/fs/inotify/max_user_watches");

  /** A watch costs about 150 bytes here and 1 KiB in the kernel. */
  private static final int MOST_WATCHES = 65_536;

  private static final int BUFFER_SIZE = 64 * 1024;

  /**
   * After a report, so long more is collected: a file being written has an event for each write.
   */
  private static final int PAUSE_MILLIS = 5;

  /** So often the buffer is filled before what was read is told. */
  private static final int MAX_READS = 8;

  private static final long CLOSE_MILLIS = 5_000;

  private static final int NAMES =
      Inotify.CREATE | Inotify.DELETE | Inotify.MOVED_FROM | Inotify.MOVED_TO;
  private static final int CONTENTS = Inotify.MODIFY | Inotify.CLOSE_WRITE;
  private static final int SELF = Inotify.DELETE_SELF | Inotify.MOVE_SELF;

  /** What a listener is told, once in a while for equal ones. */
  private record Touch(FileId directory, @Nullable Name name, Kind kind) {}

  private final Inotify inotify;
  private final Directories directories;
  private final Listener listener;
  private final int limit;
  private final Thread reader = new Thread(null, this::read, "source-watch", 0, false);
  private final NativeBuffer buffer = new NativeBuffer(BUFFER_SIZE);
  private final LongAdder refused = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();

  // A directory is in both maps or in none.

  /** The directory asked for longest ago comes first. */
  @GuardedBy("lock")
  private final Map<FileId, Integer> byDirectory = new LinkedHashMap<>(64, 0.75f, true);

  @GuardedBy("lock")
  private final Map<Integer, FileId> byWatch = new HashMap<>();

  @GuardedBy("lock")
  private boolean closed;

  /** Directories that had to make place, to be told by the reader. */
  private final Queue<FileId> dropped = new ConcurrentLinkedQueue<>();

  /** Whether the reader may have taken events that it did not tell yet. */
  private volatile boolean telling;

  private volatile boolean ending;

  /** The way to open directories. */
  interface Directories {
    /** Returns a descriptor with a use for the caller, or null if it cannot be watched. */
    @Nullable Descriptor open(SourceNode directory) throws FsException;
  }

  private InotifyFeed(Inotify inotify, Directories directories, Listener listener, int limit) {
    this.inotify = inotify;
    this.directories = directories;
    this.listener = listener;
    this.limit = limit;
  }

  /** Returns half of what a user may watch, as others watch too, but no more than is useful. */
  static int defaultLimit() {
    // In one read: what is behind this file gives only its first piece to who reads in pieces.
    try (InputStream setting = Files.newInputStream(USER_LIMIT)) {
      byte[] text = new byte[32];
      int length = Math.max(0, setting.read(text));
      long allowed = Long.parseLong(new String(text, 0, length, US_ASCII).strip());
      return (int) Math.max(1, Math.min(MOST_WATCHES, allowed / 2));
    } catch (IOException | NumberFormatException e) {
      return MOST_WATCHES;
    }
  }

  /** Begins to watch; at most {@code limit} directories at a time. */
  static InotifyFeed open(FileCalls calls, Directories directories, Listener listener, int limit)
      throws FsException {
    Inotify inotify;
    try {
      inotify = calls.openInotify();
    } catch (FsException e) {
      String advice =
          e.errno() == Errno.EMFILE ? "; fs.inotify.max_user_instances limits how many do" : "";
      throw new FsException(e.errno(), "cannot watch the source" + advice, e);
    }
    InotifyFeed feed = new InotifyFeed(inotify, directories, listener, limit);
    feed.reader.setDaemon(true);
    feed.reader.start();
    return feed;
  }

  @Override
  public boolean watch(SourceNode directory) throws FsException {
    if (isWatched(directory.id())) {
      return true;
    }
    Descriptor descriptor = directories.open(directory);
    if (descriptor == null) {
      return false;
    }
    try {
      return add(directory.id(), descriptor.number());
    } catch (FsException e) {
      if (e.errno() != Errno.ENOSPC) {
        throw e;
      }
      noteRefusal();
      return false;
    } finally {
      descriptor.release();
    }
  }

  private boolean isWatched(FileId directory) {
    lock.lock();
    try {
      return byDirectory.get(directory) != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The system calls are made under the lock: otherwise a watch could be noted after it was ended
   * by another thread, for the kernel gives one directory one number. They touch memory only.
   */
  private boolean add(FileId directory, int descriptor) throws FsException {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      int watch = inotify.watch(descriptor);
      byDirectory.put(directory, watch);
      FileId before = byWatch.put(watch, directory);
      if (before != null && !before.equals(directory)) {
        byDirectory.remove(before);
      }
      if (byDirectory.size() > limit) {
        FileId eldest = byDirectory.keySet().iterator().next();
        removeLocked(eldest);
        dropped.add(eldest);
        inotify.wake();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void removeLocked(FileId directory) {
    Integer watch = byDirectory.remove(directory);
    if (watch != null) {
      byWatch.remove(watch);
      inotify.unwatch(watch);
    }
  }

  private void noteRefusal() {
    refused.increment();
    if (refused.sum() == 1) {
      LOG.warn(
          "No more directories can be watched for changes ({} are): the limit of this user is"
              + " reached. Others are checked by time. Raise fs.inotify.max_user_watches to watch"
              + " more.",
          watched());
    }
  }

  @Override
  public void unwatch(FileId directory) {
    lock.lock();
    try {
      if (!closed) {
        removeLocked(directory);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isComplete() {
    lock.lock();
    try {
      // In this order: the reader says that it is telling before it takes events.
      return !closed && inotify.isEmpty() && !telling && dropped.isEmpty();
    } catch (FsException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int watched() {
    lock.lock();
    try {
      return byDirectory.size();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long refused() {
    return refused.sum();
  }

  // --- The reader ---

  private void read() {
    try {
      while (!ending) {
        inotify.awaitEvents();
        telling = true;
        boolean any = tellAll();
        telling = false;
        if (any && !ending) {
          inotify.pause(PAUSE_MILLIS);
        }
      }
    } catch (FsException | RuntimeException e) {
      LOG.error("Changes of the source are no longer reported", e);
      end().forEach(listener::ended);
    } finally {
      end();
    }
  }

  private boolean tellAll() throws FsException {
    Set<Touch> touches = new LinkedHashSet<>();
    Set<FileId> ended = new LinkedHashSet<>();
    boolean lost = false;
    int count;
    int reads = 0;
    do {
      count = inotify.read(buffer);
      lost |= collect(count, touches, ended);
      reads++;
    } while (count > BUFFER_SIZE / 2 && reads < MAX_READS);
    FileId gone;
    while ((gone = dropped.poll()) != null) {
      ended.add(gone);
    }
    if (lost) {
      listener.lost();
    }
    for (Touch touch : touches) {
      listener.touched(touch.directory(), touch.name(), touch.kind());
    }
    ended.forEach(listener::ended);
    return count > 0;
  }

  /** Returns whether events were lost. */
  private boolean collect(int count, Set<Touch> touches, Set<FileId> ended) throws FsException {
    ByteBuffer events = buffer.buffer();
    boolean lost = false;
    int at = 0;
    while (at + Inotify.HEADER <= count) {
      int mask = events.getInt(at + 4);
      int length = events.getInt(at + 12);
      if ((mask & Inotify.OVERFLOW) != 0) {
        lost = true;
      } else {
        int watch = events.getInt(at);
        FileId directory = directoryOf(watch, (mask & Inotify.IGNORED) != 0);
        if (directory != null && (mask & (Inotify.IGNORED | Inotify.UNMOUNT)) != 0) {
          ended.add(directory);
        } else if (directory != null) {
          Name name = length == 0 ? null : name(events, at + Inotify.HEADER, length);
          touches.add(new Touch(directory, name, kind(mask)));
        }
      }
      at += Inotify.HEADER + length;
    }
    return lost;
  }

  private static Kind kind(int mask) {
    if ((mask & (NAMES | SELF)) != 0) {
      return Kind.NAME;
    }
    return (mask & CONTENTS) != 0 ? Kind.CONTENT : Kind.ATTRIBUTES;
  }

  /** Names are padded with NULs. */
  private static Name name(ByteBuffer events, int at, int length) throws FsException {
    int end = at;
    while (end < at + length && events.get(end) != 0) {
      end++;
    }
    byte[] terminated = new byte[end - at + 1];
    events.get(at, terminated, 0, end - at);
    return Name.ofTerminated(terminated);
  }

  private @Nullable FileId directoryOf(int watch, boolean remove) {
    lock.lock();
    try {
      FileId directory = remove ? byWatch.remove(watch) : byWatch.get(watch);
      if (directory != null && remove) {
        byDirectory.remove(directory);
      }
      return directory;
    } finally {
      lock.unlock();
    }
  }

  /** Returns what was still watched. */
  @CanIgnoreReturnValue
  private List<FileId> end() {
    lock.lock();
    try {
      closed = true;
      List<FileId> watched = List.copyOf(byDirectory.keySet());
      byDirectory.clear();
      byWatch.clear();
      inotify.close();
      return watched;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    ending = true;
    lock.lock();
    try {
      if (!closed) {
        inotify.wake();
      }
    } finally {
      lock.unlock();
    }
    if (Thread.currentThread() != reader) {
      try {
        reader.join(CLOSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
