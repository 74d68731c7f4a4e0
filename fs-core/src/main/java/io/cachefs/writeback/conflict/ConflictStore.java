package io.cachefs.writeback.conflict;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FsException;
import io.cachefs.writeback.send.Conflict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The conflicts of a cache that nobody has resolved yet. Thread-safe. Its lock is held while the
 * file is written, by threads that send and by who resolves.
 */
public final class ConflictStore {
  /** The most there are; with one more, the oldest tenth goes. */
  public static final int MOST = 1000;

  private static final Logger LOG = LoggerFactory.getLogger(ConflictStore.class);

  /** The letters cachefsC. */
  private static final long MAGIC = 0x4373666568636163L;

  private static final int VERSION = 1;
  private static final int HEADER = 16;
  private static final int RECORD_HEADER = 8;

  private final Path file;

  @GuardedBy("this")
  private final Deque<KeptConflict> list = new ArrayDeque<>();

  @GuardedBy("this")
  private long lastId;

  /** Whether the file is not just what is in the list, so that it has to be written as a whole. */
  @GuardedBy("this")
  private boolean isTorn;

  @GuardedBy("this")
  private long forgotten;

  private ConflictStore(Path file) {
    this.file = file;
  }

  /** Reads the conflicts of an earlier life; there need not be such a file. */
  public static ConflictStore open(Path file) throws IOException {
    ConflictStore store = new ConflictStore(file);
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      store.begin();
      return store;
    }
    store.read(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    return store;
  }

  private synchronized void begin() {
    isTorn = true;
  }

  private synchronized void read(ByteBuffer in) throws IOException {
    boolean fits =
        in.remaining() >= HEADER && in.getLong(0) == MAGIC && in.getInt(12) == sum(in, 0, 12);
    if (fits && in.getInt(8) > VERSION) {
      throw new IOException(
          file + " has format " + in.getInt(8) + ", which is newer than this cachefs");
    }
    int at = HEADER;
    while (fits && at < in.limit()) {
      int length = at + RECORD_HEADER <= in.limit() ? in.getInt(at) : -1;
      fits =
          length >= 0
              && length <= in.limit() - at - RECORD_HEADER
              && in.getInt(at + 4) == sum(in, at + RECORD_HEADER, length);
      if (fits) {
        byte[] body = new byte[length];
        in.get(at + RECORD_HEADER, body);
        fits = add(body);
        at += RECORD_HEADER + length;
      }
    }
    if (!fits) {
      isTorn = true;
      LOG.warn("{} is damaged; {} conflicts in it can be read", file, list.size());
    }
  }

  @GuardedBy("this")
  private boolean add(byte[] body) {
    try {
      KeptConflict kept = ConflictCodec.read(body);
      list.add(kept);
      lastId = Math.max(lastId, kept.id());
      return true;
    } catch (FsException | RuntimeException e) {
      return false;
    }
  }

  private static int sum(ByteBuffer in, int at, int length) {
    CRC32C sum = new CRC32C();
    sum.update(in.duplicate().position(at).limit(at + length));
    return (int) sum.getValue();
  }

  /** Keeps a conflict. */
  public synchronized void add(Conflict conflict) {
    KeptConflict kept = new KeptConflict(++lastId, conflict);
    if (list.size() == MOST) {
      for (int i = 0; i < MOST / 10; i++) {
        var oldest = list.remove();
        LOG.warn("There are too many conflicts; forgotten is {}", oldest);
        forgotten++;
      }
      isTorn = true;
    }
    list.add(kept);
    if (isTorn) {
      rewrite();
    } else {
      append(kept);
    }
  }

  /** Takes out what was resolved. */
  public synchronized void remove(Collection<Long> ids) {
    if (list.removeIf(kept -> ids.contains(kept.id()))) {
      rewrite();
    }
  }

  /** Returns them, the oldest first. */
  public synchronized List<KeptConflict> list() {
    return List.copyOf(list);
  }

  public synchronized int size() {
    return list.size();
  }

  /** Returns how many were forgotten because there were too many, since this was opened. */
  public synchronized long forgotten() {
    return forgotten;
  }

  @GuardedBy("this")
  private void append(KeptConflict kept) {
    try {
      write(file, record(kept), StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      isTorn = true;
      LOG.error("A conflict could not be noted in {}", file, e);
    }
  }

  private static byte[] record(KeptConflict kept) {
    byte[] body = ConflictCodec.write(kept);
    ByteBuffer record =
        ByteBuffer.allocate(RECORD_HEADER + body.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putInt(body.length).position(RECORD_HEADER).put(body);
    record.putInt(4, sum(record, RECORD_HEADER, body.length));
    return record.array();
  }

  @GuardedBy("this")
  private void rewrite() {
    ByteBuffer header = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(MAGIC).putInt(VERSION).putInt(12, sum(header, 0, 12));
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(header.array());
    for (KeptConflict kept : list) {
      all.writeBytes(record(kept));
    }
    Path aside = file.resolveSibling(file.getFileName() + ".new");
    try {
      write(
          aside,
          all.toByteArray(),
          StandardOpenOption.WRITE,
          StandardOpenOption.CREATE,
          StandardOpenOption.TRUNCATE_EXISTING);
      Path moved = Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
      Path directory = moved.toAbsolutePath().getParent();
      if (directory != null) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
          channel.force(true);
        }
      }
      isTorn = false;
    } catch (IOException e) {
      isTorn = true;
      LOG.error("The conflicts could not be noted in {}", file, e);
    }
  }

  private static void write(Path to, byte[] bytes, OpenOption... how) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            to,
            Set.of(how),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        if (channel.write(left) < 0) {
          throw new IOException("nothing was written");
        }
      }
      channel.force(true);
    }
  }
}
