package io.cachefs.source.posix;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.XattrNames;
import io.cachefs.source.FileId;
import io.cachefs.sys.FileCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Where a source is, which directory has to be there, and the number its device has now: that is
 * another one each time a file system of another machine is mounted. Thread-safe.
 */
final class Place {
  /** File systems of this machine, by {@code f_type} of {@code magic.h}: writes fail when made. */
  private static final Set<Long> LOCAL_TYPES =
      Set.of(
          0xEF53L, // ext2, ext3, ext4
          0x58465342L, // xfs
          0x9123683EL, // btrfs
          0x01021994L, // tmpfs
          0xF2F52010L, // f2fs
          0xCA451A4EL, // bcachefs
          0x2FC12FC1L, // zfs
          0x794C7630L); // overlayfs

  /** Devices that took over the number that the root's device is known by get this bit. */
  private static final long MOVED = 1L << 40;

  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  private final FileCalls calls;
  private final Path directory;
  private final RootIdentity identity;
  private final long knownDevice;
  private volatile long device;

  /**
   * The root of a source is at {@code directory}.
   *
   * @param device its number, or 0 if it is not there now
   */
  Place(FileCalls calls, Path directory, RootIdentity identity, long device) {
    this.calls = calls;
    this.directory = directory;
    this.identity = identity;
    this.knownDevice = device;
    this.device = device;
  }

  /** A directory that was opened; whoever has it closes the descriptor. */
  record Opened(int descriptor, Attributes attributes, boolean local, RootIdentity identity) {}

  /** Opens a directory and looks what it is. */
  static Opened open(FileCalls calls, Path directory) throws FsException {
    byte[] path = (directory.toAbsolutePath() + "\0").getBytes(StandardCharsets.UTF_8);
    int descriptor = calls.open(FileCalls.CURRENT_DIRECTORY, path, OpenFlags.DIRECTORY, 0);
    boolean done = false;
    try {
      Attributes attributes = calls.attributes(descriptor, NodeOpener.SELF, FileCalls.EMPTY_PATH);
      boolean local = isLocal(calls, descriptor);
      FileId id = NodeOpener.idOf(attributes);
      String mount = local ? "" : mount(id.device());
      done = true;
      return new Opened(
          descriptor, attributes, local, new RootIdentity(id.inode(), id.generation(), mount));
    } finally {
      if (!done) {
        calls.close(descriptor);
      }
    }
  }

  /** Returns whether a descriptor leads to a file system of this machine. */
  static boolean isLocal(FileCalls calls, int descriptor) throws FsException {
    return LOCAL_TYPES.contains(calls.statfs(descriptor).type());
  }

  /** Tries it on the directory itself: file systems and containers differ. */
  static boolean opensByHandle(FileCalls calls, int directory) {
    try {
      byte[] handle = calls.handleOf(directory, NodeOpener.SELF, FileCalls.EMPTY_PATH);
      calls.close(calls.openByHandle(directory, handle, OpenFlags.PATH));
      return true;
    } catch (FsException e) {
      return false;
    }
  }

  /** Returns what is mounted with that device number; the table of mounts asks no file system. */
  private static String mount(long device) throws FsException {
    long major = (device >>> 8 & 0xfff) | (device >>> 32 & 0xfffff000L);
    long minor = (device & 0xff) | (device >>> 12 & 0xffffff00L);
    String number = major + ":" + minor;
    try {
      for (String line : Files.readAllLines(MOUNTS, StandardCharsets.UTF_8)) {
        List<String> fields = Arrays.asList(line.split(" ", -1));
        int dash = fields.indexOf("-");
        if (dash > 2 && fields.size() > dash + 2 && fields.get(2).equals(number)) {
          return fields.get(dash + 1) + " " + fields.get(dash + 2);
        }
      }
    } catch (IOException e) {
      throw new FsException(Errno.EIO, "cannot read " + MOUNTS, e);
    }
    return "";
  }

  RootIdentity identity() {
    return identity;
  }

  /** Opens the root anew, and fails with ESTALE if another directory is in its place. */
  int reopen() throws FsException {
    Opened opened = open(calls, directory);
    if (!opened.identity.equals(identity)) {
      calls.close(opened.descriptor);
      throw new FsException(
          Errno.ESTALE,
          "another directory is at "
              + directory
              + " ("
              + opened.identity
              + ", not "
              + identity
              + ")");
    }
    device = opened.attributes.device();
    return opened.descriptor;
  }

  /**
   * Returns an extended attribute. A file system without access lists or labels has none: the
   * kernel, which asks for them itself, would otherwise refuse whoever they might be about.
   */
  byte[] xattr(int descriptor, byte[] name) throws FsException {
    try {
      return calls.xattr(descriptor, name);
    } catch (FsException e) {
      if (e.errno() == Errno.EOPNOTSUPP && XattrNames.isOfSystem(name)) {
        throw new FsException(Errno.ENODATA, "this file system has no such attributes", e);
      }
      throw e;
    }
  }

  /** Returns what the file system says, with the device number that nodes have for good. */
  Attributes attributes(int descriptor, byte[] path, int flags) throws FsException {
    Attributes raw = calls.attributes(descriptor, path, flags);
    long now = device;
    if (now == knownDevice) {
      return raw;
    }
    if (raw.device() == now) {
      return raw.withDevice(knownDevice);
    }
    return raw.device() == knownDevice ? raw.withDevice(knownDevice | MOVED) : raw;
  }
}
