package io.cachefs.cli.command;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.FsException;
import io.cachefs.cli.control.ControlServer;
import io.cachefs.cli.control.RuntimeDirectory;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.select.TransportSelector.Selection;
import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mounts that a process serves over one file system: the first one, and those that other
 * commands asked for. It is over when the last one is. Thread-safe.
 *
 * <h2>Concurrency</h2>
 *
 * A mount is counted before it is made, so nobody takes the process for over meanwhile. Mounts are
 * made, asked and unmounted without the lock.
 */
final class ServedMounts {
  private static final Logger log = LoggerFactory.getLogger(ServedMounts.class);

  private final CacheFs fileSystem;
  private final CacheFsConfig config;
  private final RuntimeDirectory runtime;

  @GuardedBy("this")
  private final List<ServedMount> served = new ArrayList<>();

  /** How many are there or being made. */
  @GuardedBy("this")
  private int count;

  /** Whether no further one is made. */
  @GuardedBy("this")
  private boolean over;

  ServedMounts(CacheFs fileSystem, CacheFsConfig config, RuntimeDirectory runtime) {
    this.fileSystem = fileSystem;
    this.config = config;
    this.runtime = runtime;
  }

  CacheFs fileSystem() {
    return fileSystem;
  }

  CacheFsConfig config() {
    return config;
  }

  RuntimeDirectory runtime() {
    return runtime;
  }

  /** Mounts the file system itself; nothing else is mounted yet. */
  void addFirst(Path mountPoint, MountOptions options, Selection selection) throws MountException {
    if (!begin()) {
      return;
    }
    make(mountPoint, options, selection, fileSystem.vfs());
  }

  /**
   * Mounts a further one.
   *
   * @param listings how long its listings are used again
   * @return false if the last mount was just unmounted, so that the process is ending
   */
  boolean add(Path mountPoint, MountOptions options, Selection selection, Duration listings)
      throws MountException, FsException {
    if (!begin()) {
      return false;
    }
    Vfs vfs = null;
    boolean begun = false;
    try {
      vfs = fileSystem.newVfs(listings);
      begun = true;
    } finally {
      if (!begun) {
        endOne(null);
      }
    }
    make(mountPoint, options, selection, vfs);
    return true;
  }

  private synchronized boolean begin() {
    if (over) {
      return false;
    }
    count++;
    return true;
  }

  /** Ends by itself what it began and could not finish. */
  private void make(Path mountPoint, MountOptions options, Selection selection, Vfs vfs)
      throws MountException {
    ServedMount made = null;
    boolean done = false;
    try {
      made = ServedMount.make(this, mountPoint, options, selection, vfs);
      ControlServer control = made.control();
      begun(made);
      ServedMount serving = made;
      Thread thread = new Thread(() -> serve(serving, control), "mount " + mountPoint);
      thread.setDaemon(true);
      thread.start();
      done = true;
    } finally {
      if (!done) {
        if (made == null) {
          fileSystem.endVfs(vfs);
        } else {
          made.release();
        }
        endOne(made);
      }
    }
  }

  private void begun(ServedMount made) {
    boolean late;
    synchronized (this) {
      served.add(made);
      late = over;
    }
    if (late) {
      // A signal came while it was being made.
      made.end();
    }
  }

  private void serve(ServedMount made, ControlServer control) {
    // Whoever waits for the end of a mount waits until its socket is gone, so that goes last.
    try (control) {
      await(made);
      made.release();
    } finally {
      endOne(made);
    }
  }

  private static void await(ServedMount made) {
    try {
      made.awaitEnd();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.error("the mount at {} cannot be waited for", made.mountPoint(), e);
    }
  }

  private synchronized void endOne(@Nullable ServedMount ended) {
    if (ended != null) {
      served.remove(ended);
    }
    count--;
    over |= count == 0;
    notifyAll();
  }

  /** Waits until all are unmounted. */
  synchronized void awaitEnd() throws InterruptedException {
    while (count > 0) {
      wait();
    }
  }

  /** Unmounts all, lazily where they are in use. */
  void end() {
    List<ServedMount> left;
    synchronized (this) {
      over = true;
      left = List.copyOf(served);
    }
    left.forEach(ServedMount::end);
  }
}
