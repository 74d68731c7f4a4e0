package io.cachefs.writeback.journal;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Disk} in memory that knows what was synced. A crash forgets, reorders and tears what was
 * not: any subset of the pages written, of the files made and removed and of the sizes survives,
 * and of some pages only a part. Any call can be made to fail or to be the last. Thread-safe.
 */
public final class CrashingDisk implements Disk {
  private static final int PAGE = 4096;

  /** The system stopped: thrown by each call from then on until {@link #crash}. */
  public static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("the system stopped", null, false, false);
    }
  }

  /** Content of a file now and, page by page, what is certain to be on the disk. */
  private static final class Inode {
    byte[] now = {};
    byte[] synced = {};

    /** Pages written since the last sync, and their contents after each write. */
    final Map<Integer, List<byte[]>> unsynced = new LinkedHashMap<>();
  }

  private Map<String, Inode> names = new LinkedHashMap<>();
  private Map<String, Inode> syncedNames = new LinkedHashMap<>();
  private long calls;
  private long stopAt = Long.MAX_VALUE;
  private long failAt = Long.MAX_VALUE;
  private boolean isPartial;
  private Errno failure = Errno.EIO;
  private @Nullable Errno syncFailure;

  /** Returns how many calls were made. */
  public synchronized long calls() {
    return calls;
  }

  /** The call of that number, the first being 1, is not made any more, nor is one after it. */
  public synchronized void stopAt(long call) {
    stopAt = call;
  }

  /** The call of that number fails, once. A write may have been made in part. */
  public synchronized void failAt(long call, Errno errno, boolean partial) {
    failAt = call;
    failure = errno;
    isPartial = partial;
  }

  /** All syncs fail from now on, or none if null. */
  public synchronized void failSyncs(@Nullable Errno errno) {
    syncFailure = errno;
  }

  /** The system crashes and starts again; open files are not to be used any more. */
  public synchronized void crash(Random random) {
    Map<String, Inode> found = new LinkedHashMap<>();
    List<String> all = new ArrayList<>(syncedNames.keySet());
    names.keySet().stream().filter(name -> !syncedNames.containsKey(name)).forEach(all::add);
    for (String name : all) {
      Inode now = names.get(name);
      Inode before = syncedNames.get(name);
      Inode chosen = now == before || random.nextBoolean() ? now : before;
      if (chosen != null) {
        found.put(name, survivor(chosen, random));
      }
    }
    restart(found);
  }

  /** The process dies and the system does not: nothing is lost. */
  public synchronized void kill() {
    restart(names);
  }

  private void restart(Map<String, Inode> found) {
    names = found;
    syncedNames = new LinkedHashMap<>(found);
    calls = 0;
    stopAt = Long.MAX_VALUE;
    failAt = Long.MAX_VALUE;
    syncFailure = null;
  }

  private static Inode survivor(Inode inode, Random random) {
    int size = random.nextBoolean() ? inode.now.length : inode.synced.length;
    if (random.nextInt(3) == 0) {
      int low = Math.min(inode.now.length, inode.synced.length);
      size = low + random.nextInt(Math.abs(inode.now.length - inode.synced.length) + 1);
    }
    byte[] bytes = Arrays.copyOf(inode.synced, size);
    int luck = random.nextInt(4);
    inode.unsynced.forEach(
        (page, versions) -> {
          int kept =
              luck == 0 ? 0 : luck == 1 ? versions.size() : random.nextInt(versions.size() + 1);
          if (kept > 0) {
            byte[] content = versions.get(kept - 1);
            int from = 0;
            int to = content.length;
            if (random.nextInt(4) == 0) {
              from = random.nextInt(to + 1);
              to = from + random.nextInt(to - from + 1);
            }
            int at = page * PAGE;
            to = Math.min(to, bytes.length - at);
            if (from < to) {
              System.arraycopy(content, from, bytes, at + from, to - from);
            }
          }
        });
    Inode survivor = new Inode();
    survivor.now = bytes;
    survivor.synced = bytes.clone();
    return survivor;
  }

  /** Returns the bytes of a file. */
  public synchronized byte[] bytes(String name) throws FsException {
    return inode(name).now.clone();
  }

  /** Sets the bytes of a file, as synced. */
  public synchronized void put(String name, byte[] bytes) {
    Inode inode = new Inode();
    inode.now = bytes.clone();
    inode.synced = bytes.clone();
    names.put(name, inode);
    syncedNames.put(name, inode);
  }

  private Inode inode(String name) throws FsException {
    Inode inode = names.get(name);
    if (inode == null) {
      throw new FsException(Errno.ENOENT);
    }
    return inode;
  }

  /** Counts a call; throws if it is to fail and did nothing. */
  private boolean isFailing() {
    calls++;
    if (calls >= stopAt) {
      throw new Stopped();
    }
    return calls == failAt;
  }

  private void count() throws FsException {
    if (isFailing()) {
      throw new FsException(failure, "made to fail");
    }
  }

  @Override
  public synchronized List<String> names() throws FsException {
    count();
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized DiskFile open(String name, boolean create) throws FsException {
    count();
    if (create) {
      return new Opened(names.computeIfAbsent(name, made -> new Inode()));
    }
    return new Opened(inode(name));
  }

  @Override
  public synchronized void remove(String name) throws FsException {
    count();
    Inode unused = inode(name);
    names.remove(name);
  }

  @Override
  public synchronized void syncDirectory() throws FsException {
    count();
    if (syncFailure != null) {
      throw new FsException(syncFailure, "made to fail");
    }
    syncedNames = new LinkedHashMap<>(names);
  }

  private final class Opened implements DiskFile {
    private final Inode inode;

    Opened(Inode inode) {
      this.inode = inode;
    }

    @Override
    public int read(long offset, ByteBuffer target) throws FsException {
      synchronized (CrashingDisk.this) {
        count();
        int count = (int) Math.min(target.remaining(), Math.max(0, inode.now.length - offset));
        if (count > 0) {
          target.put(inode.now, (int) offset, count);
        }
        return count;
      }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws FsException {
      synchronized (CrashingDisk.this) {
        boolean stops = calls + 1 == stopAt;
        boolean fails = !stops && isFailing();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        if (stops || (fails && isPartial)) {
          // A part was written when the system stopped.
          write((int) offset, Arrays.copyOf(bytes, bytes.length * 2 / 3));
        }
        if (stops) {
          calls++;
          throw new Stopped();
        }
        if (fails) {
          throw new FsException(failure, "made to fail");
        }
        write((int) offset, bytes);
      }
    }

    private void write(int offset, byte[] bytes) {
      resize(Math.max(inode.now.length, offset + bytes.length));
      System.arraycopy(bytes, 0, inode.now, offset, bytes.length);
      remember(offset, offset + bytes.length);
    }

    private void resize(int size) {
      if (size != inode.now.length) {
        inode.now = Arrays.copyOf(inode.now, size);
      }
    }

    private void remember(int from, int to) {
      for (int page = from / PAGE; page * PAGE < to; page++) {
        byte[] content = new byte[PAGE];
        int there = Math.min(PAGE, inode.now.length - page * PAGE);
        if (there > 0) {
          System.arraycopy(inode.now, page * PAGE, content, 0, there);
        }
        inode.unsynced.computeIfAbsent(page, first -> new ArrayList<>()).add(content);
      }
    }

    @Override
    public void sync() throws FsException {
      synchronized (CrashingDisk.this) {
        count();
        if (syncFailure != null) {
          throw new FsException(syncFailure, "made to fail");
        }
        inode.synced = inode.now.clone();
        inode.unsynced.clear();
      }
    }

    @Override
    public long size() throws FsException {
      synchronized (CrashingDisk.this) {
        count();
        return inode.now.length;
      }
    }

    @Override
    public void truncate(long size) throws FsException {
      synchronized (CrashingDisk.this) {
        count();
        int from = (int) Math.min(size, inode.now.length);
        int to = Math.max((int) size, inode.now.length);
        resize((int) size);
        // What was behind the end reads as zeros if the file grows again.
        remember(from, to);
      }
    }

    @Override
    public void close() {}
  }
}
