package io.cachefs.cli.control;

import io.cachefs.cli.control.MountReport.State;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Finds the process behind a mount and asks it. */
public final class Running {
  private static final long POLL_MILLIS = 10;

  private final RuntimeDirectory directory;
  private final ControlClient client;

  public Running(RuntimeDirectory directory, ControlClient client) {
    this.directory = directory;
    this.client = client;
  }

  /** Returns what is known of the mount at this place. */
  public MountReport report(Path mountPoint, String source) {
    Optional<RuntimeDirectory.Socket> socket = directory.find(mountPoint);
    if (socket.isEmpty()) {
      return new MountReport(mountPoint.toString(), source, State.UNKNOWN, 0, null);
    }
    long pid = socket.get().pid();
    try {
      MountStatus status = client.status(socket.get().path());
      return new MountReport(mountPoint.toString(), source, State.RUNNING, pid, status);
    } catch (IOException e) {
      // A refused connection has nobody behind it, whoever has the process number by now.
      boolean hangs = lives(pid) && !(e instanceof ConnectException);
      State state = hangs ? State.NOT_ANSWERING : State.DEAD;
      return new MountReport(mountPoint.toString(), source, state, pid, null);
    }
  }

  /** Returns the process that serves the mount, if it runs. */
  public Optional<ProcessHandle> server(Path mountPoint) {
    return directory
        .find(mountPoint)
        .map(RuntimeDirectory.Socket::pid)
        .filter(Running::lives)
        .flatMap(ProcessHandle::of);
  }

  /**
   * Waits for the end of a process that may be nobody's child here; returns whether it has ended.
   */
  public static boolean awaitEnd(long pid, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (lives(pid)) {
      if (System.nanoTime() >= deadline) {
        return false;
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  /** A process that has ended and was not waited for by its parent is no server. */
  private static boolean lives(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException | IndexOutOfBoundsException e) {
      return false;
    }
  }
}
