package io.cachefs.cli.mounts;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import io.cachefs.fuse.Mount;
import io.cachefs.sys.ProcessCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;

/** Takes mounts away: as root by a system call, as another user through fusermount3. */
public final class Unmounter {
  private static final int MAX_HOLDERS_SHOWN = 8;

  private final boolean root;

  public Unmounter(Privileges privileges) {
    this.root = privileges.maySysAdmin();
  }

  /** Unmounts; a mount in use is refused with the processes that use it. */
  public void unmount(Path mountPoint) {
    if (root) {
      call(mountPoint, () -> ProcessCalls.unmount(mountPoint));
    } else {
      fusermount("-u", mountPoint);
    }
  }

  /** Takes the mount out of sight now; it ends when its last user goes. */
  public void detach(Path mountPoint) {
    if (root) {
      call(mountPoint, () -> ProcessCalls.detach(mountPoint));
    } else {
      fusermount("-uz", mountPoint);
    }
  }

  /** Fails every request that waits on the mount and takes it away, whatever its server does. */
  public void abort(Mount mount) {
    try {
      Files.writeString(FuseMachine.abortFile(mount), "1", StandardOpenOption.WRITE);
    } catch (IOException e) {
      // The control file system is not mounted; as root the system call aborts as well.
      if (!root) {
        throw new CommandFailure(
            ExitCode.NOT_PERMITTED,
            "cannot abort " + mount.mountPoint() + " (" + e.getMessage() + "); try it as root",
            e);
      }
    }
    if (root) {
      call(mount.mountPoint(), () -> ProcessCalls.abortAndDetach(mount.mountPoint()));
    } else {
      fusermount("-uz", mount.mountPoint());
    }
  }

  private interface SystemCall {
    void run() throws FsException;
  }

  private static void call(Path mountPoint, SystemCall call) {
    try {
      call.run();
    } catch (FsException e) {
      if (e.errno() == Errno.EBUSY) {
        throw busy(mountPoint);
      }
      ExitCode code = e.errno() == Errno.EPERM ? ExitCode.NOT_PERMITTED : ExitCode.FAILED;
      throw new CommandFailure(
          code, "cannot unmount " + mountPoint + ": " + e.errno().description(), e);
    }
  }

  private static void fusermount(String flags, Path mountPoint) {
    Path program =
        FuseMachine.fusermount()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.NOT_PERMITTED,
                        "fusermount3 is not installed (package fuse3); only root can unmount "
                            + mountPoint));
    String said;
    int exit;
    try {
      Process process =
          new ProcessBuilder(program.toString(), flags, "--", mountPoint.toString())
              .redirectErrorStream(true)
              .start();
      said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      exit = process.waitFor();
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.FAILED, "cannot run " + program + ": " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.FAILED, "interrupted while unmounting " + mountPoint, e);
    }
    if (exit == 0) {
      return;
    }
    if (said.contains("busy")) {
      throw busy(mountPoint);
    }
    // fusermount3 knows the mounts of this user alone.
    if (said.contains("not found in") || said.contains("not permitted")) {
      throw new CommandFailure(
          ExitCode.NOT_PERMITTED,
          mountPoint + " was mounted by another user; only that user or root can unmount it");
    }
    throw new CommandFailure(ExitCode.FAILED, "cannot unmount " + mountPoint + ": " + said);
  }

  private static CommandFailure busy(Path mountPoint) {
    List<Holder> holders = Holders.of(mountPoint);
    String by =
        holders.isEmpty()
            ? "by a process that this user cannot see"
            : "by "
                + holders.stream()
                    .limit(MAX_HOLDERS_SHOWN)
                    .map(Holder::toString)
                    .collect(Collectors.joining(", "))
                + (holders.size() > MAX_HOLDERS_SHOWN
                    ? " and " + (holders.size() - MAX_HOLDERS_SHOWN) + " more"
                    : "");
    return new CommandFailure(
        ExitCode.BUSY, mountPoint + " is in use " + by + "; end that, or unmount with --lazy");
  }
}
