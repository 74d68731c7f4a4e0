package io.cachefs.fuse.kernel.device;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.sys.FuseDevice;
import io.cachefs.sys.MountCalls;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a FUSE device under a directory and takes it away again. Used by one thread at a time. */
final class MountPoint {
  private static final Logger log = LoggerFactory.getLogger(MountPoint.class);

  private static final String HELPER = "fusermount3";

  private final Path path;
  private final FuseDevice device;
  private final boolean byHelper;

  private MountPoint(Path path, FuseDevice device, boolean byHelper) {
    this.path = path;
    this.device = device;
    this.byHelper = byHelper;
  }

  Path path() {
    return path;
  }

  FuseDevice device() {
    return device;
  }

  // --- Mounting ---

  static MountPoint mount(Path directory, MountOptions options) throws MountException {
    Path path = checked(directory, options);
    if (MountCalls.effectiveUser() == 0) {
      FuseDevice device = openDevice();
      try {
        MountCalls.mount(device, options.fsName(), path.toString(), flags(options), data(options));
        return new MountPoint(path, device, false);
      } catch (FsException failure) {
        device.close();
        if (failure.errno() != Errno.EPERM) {
          throw new MountException(
              "cannot mount on " + path + ": " + failure.errno().description(), failure);
        }
        // Root in a container without the right to mount: the helper may have it.
      }
    }
    return mountByHelper(path, options);
  }

  private static FuseDevice openDevice() throws MountException {
    try {
      return FuseDevice.open();
    } catch (FsException failure) {
      throw new MountException(
          switch (failure.errno()) {
            case ENOENT, ENODEV, ENXIO ->
                "there is no /dev/fuse here: load the kernel module with 'modprobe fuse', or start"
                    + " the container with '--device /dev/fuse'";
            case EACCES, EPERM ->
                "/dev/fuse may not be opened here: start the container with '--device /dev/fuse"
                    + " --cap-add SYS_ADMIN', or give the user access to it";
            default -> "cannot open /dev/fuse: " + failure.errno().description();
          },
          failure);
    }
  }

  private static MountPoint mountByHelper(Path path, MountOptions options) throws MountException {
    try {
      FuseDevice device = MountCalls.mountByHelper(path.toString(), helperOptions(options));
      return new MountPoint(path, device, true);
    } catch (FsException failure) {
      if (failure.errno() == Errno.ENOENT) {
        throw new MountException(
            "only root can mount without fusermount3: install the package fuse3", failure);
      }
      throw new MountException("cannot mount on " + path + ": " + failure.getMessage(), failure);
    }
  }

  private static Path checked(Path directory, MountOptions options) throws MountException {
    Path path;
    try {
      path = directory.toRealPath();
    } catch (IOException failure) {
      throw new MountException(
          "the mount point "
              + directory
              + " cannot be used: create the directory first, or"
              + " unmount what is left there with 'umount -l "
              + directory
              + "'",
          failure);
    }
    if (!Files.isDirectory(path)) {
      throw new MountException("the mount point " + path + " is not a directory");
    }
    if (!options.nonEmpty() && !isEmpty(path)) {
      throw new MountException(
          "the mount point "
              + path
              + " is not empty: choose another, or mount over its files with the option nonempty");
    }
    return path;
  }

  private static boolean isEmpty(Path directory) throws MountException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      return !entries.iterator().hasNext();
    } catch (IOException failure) {
      throw new MountException(
          "the mount point " + directory + " cannot be read: check its permissions", failure);
    }
  }

  private static long flags(MountOptions options) {
    return (options.readOnly() ? MountCalls.READ_ONLY : 0)
        | (options.allowSetUid() ? 0 : MountCalls.NO_SET_UID)
        | (options.allowDevices() ? 0 : MountCalls.NO_DEVICES)
        | (options.allowExecute() ? 0 : MountCalls.NO_EXECUTE);
  }

  /** Options that the kernel itself reads. */
  private static String data(MountOptions options) {
    StringJoiner data = new StringJoiner(",");
    data.add("rootmode=40000");
    data.add("user_id=" + MountCalls.effectiveUser());
    data.add("group_id=" + MountCalls.effectiveGroup());
    addShared(data, options);
    return data.toString();
  }

  private static void addShared(StringJoiner data, MountOptions options) {
    if (options.allowOther()) {
      data.add("allow_other");
    }
    if (options.defaultPermissions()) {
      data.add("default_permissions");
    }
    if (options.maxRead() > 0) {
      data.add("max_read=" + options.maxRead());
    }
  }

  private static String helperOptions(MountOptions options) {
    StringJoiner list = new StringJoiner(",");
    list.add("fsname=" + options.fsName().replace("\\", "\\\\").replace(",", "\\,"));
    list.add("subtype=cachefs");
    list.add(options.readOnly() ? "ro" : "rw");
    list.add(options.allowSetUid() ? "suid" : "nosuid");
    list.add(options.allowDevices() ? "dev" : "nodev");
    list.add(options.allowExecute() ? "exec" : "noexec");
    addShared(list, options);
    return list.toString();
  }

  // --- Unmounting ---

  /** Unmounts if it is not in use; returns whether nothing is mounted now. */
  boolean unmountIfUnused() {
    if (byHelper) {
      return runHelper("-u");
    }
    try {
      MountCalls.unmount(path.toString());
      return true;
    } catch (FsException failure) {
      // EINVAL: somebody else unmounted it.
      return failure.errno() == Errno.EINVAL || failure.errno() == Errno.ENOENT;
    }
  }

  /** Takes the mount out of the tree although it is in use. */
  void forceUnmount() {
    if (byHelper) {
      if (!runHelper("-uz")) {
        log.warn("could not unmount {}: run 'fusermount3 -uz {}'", path, path);
      }
      return;
    }
    try {
      MountCalls.forceUnmount(path.toString());
    } catch (FsException failure) {
      if (failure.errno() != Errno.EINVAL && failure.errno() != Errno.ENOENT) {
        log.warn("could not unmount {}: {}", path, failure.getMessage());
      }
    }
  }

  private boolean runHelper(String option) {
    try {
      Process helper =
          new ProcessBuilder(HELPER, option, "--", path.toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!helper.waitFor(10, TimeUnit.SECONDS)) {
        helper.destroyForcibly();
        return false;
      }
      return helper.exitValue() == 0;
    } catch (IOException failure) {
      log.debug("{}", failure.getMessage());
      return false;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
