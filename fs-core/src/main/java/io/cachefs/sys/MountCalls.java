package io.cachefs.sys;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Mounting and unmounting FUSE file systems, by system call or by {@code fusermount3}. */
public final class MountCalls {
  // From sys/mount.h.
  public static final long READ_ONLY = 1;
  public static final long NO_SET_UID = 2;
  public static final long NO_DEVICES = 4;
  public static final long NO_EXECUTE = 8;
  private static final int MNT_FORCE = 1;
  private static final int MNT_DETACH = 2;
  private static final int UMOUNT_NOFOLLOW = 8;

  // From sys/socket.h and fcntl.h.
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int STDERR = 2;

  /** sizeof(struct msghdr) and the places in it and in struct cmsghdr, 64-bit glibc. */
  private static final int MESSAGE_HEADER = 56;

  private static final int CONTROL = 64;

  private MountCalls() {}

  /** Returns the user this process acts as. */
  public static int effectiveUser() {
    return Native.LIBC.geteuid();
  }

  /** Returns the group this process acts as. */
  public static int effectiveGroup() {
    return Native.LIBC.getegid();
  }

  /** Mounts with {@code mount(2)}; {@code options} are those of FUSE without the descriptor. */
  public static void mount(
      FuseDevice device, String source, String target, long flags, String options)
      throws FsException {
    String data = "fd=" + device.descriptor() + "," + options;
    int unused =
        Native.check(
            Native.LIBC.mount(text(source), text(target), text("fuse.cachefs"), flags, text(data)),
            "mount on " + target);
  }

  /** Unmounts; fails with EBUSY while something is in use. */
  public static void unmount(String target) throws FsException {
    int unused =
        Native.check(Native.LIBC.umount2(text(target), UMOUNT_NOFOLLOW), "unmount " + target);
  }

  /**
   * Ends all requests of a FUSE mount with an error and takes it out of the tree, in use or not.
   */
  public static void forceUnmount(String target) throws FsException {
    // MNT_FORCE cuts the connection even where it then reports EBUSY.
    if (Native.LIBC.umount2(text(target), UMOUNT_NOFOLLOW | MNT_FORCE) < 0) {
      int unused =
          Native.check(
              Native.LIBC.umount2(text(target), UMOUNT_NOFOLLOW | MNT_DETACH), "unmount " + target);
    }
  }

  private static byte[] text(String value) {
    return (value + "\0").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Mounts with {@code fusermount3}, which may do so for any user, and returns the device it sends.
   *
   * @throws FsException with what the program said; ENOENT if it is not installed
   */
  public static FuseDevice mountByHelper(String target, String options) throws FsException {
    int[] channel = socketPair();
    try {
      int[] errors = socketPair();
      try {
        int pid = spawnHelper(target, options, channel[1], errors[1]);
        closeEnd(channel, 1);
        closeEnd(errors, 1);
        int device = receiveDescriptor(channel[0]);
        String said = readAll(errors[0]);
        int unused = Native.LIBC.waitpid(pid, new int[1], 0);
        if (device < 0) {
          throw new FsException(Errno.EPERM, lastLine(said));
        }
        return new FuseDevice(device);
      } finally {
        closeEnd(errors, 0);
        closeEnd(errors, 1);
      }
    } finally {
      closeEnd(channel, 0);
      closeEnd(channel, 1);
    }
  }

  /** Warnings come first; what made it fail is said last. */
  private static String lastLine(String said) {
    String text = said.strip();
    return text.isEmpty() ? "fusermount3 failed" : text.substring(text.lastIndexOf('\n') + 1);
  }

  private static int[] socketPair() throws FsException {
    int[] ends = new int[2];
    int unused =
        Native.check(
            Native.LIBC.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
    return ends;
  }

  private static void closeEnd(int[] pair, int end) {
    if (pair[end] >= 0) {
      int unused = Native.LIBC.close(pair[end]);
      pair[end] = -1;
    }
  }

  /**
   * Starts the program with two descriptors of ours, which {@link ProcessBuilder} cannot do. A
   * duplicate onto itself loses the close-on-exec mark in the child only.
   */
  private static int spawnHelper(String target, String options, int channel, int errors)
      throws FsException {
    NativeBuffer actions = new NativeBuffer(128);
    NativeStrings arguments =
        new NativeStrings(List.of("fusermount3", "-o", options, "--", target));
    NativeStrings environment =
        NativeStrings.environmentWith("_FUSE_COMMFD", Integer.toString(channel));
    requireZero(Native.LIBC.posix_spawn_file_actions_init(actions.address()), "prepare");
    try {
      requireZero(
          Native.LIBC.posix_spawn_file_actions_adddup2(actions.address(), channel, channel),
          "prepare");
      requireZero(
          Native.LIBC.posix_spawn_file_actions_adddup2(actions.address(), errors, STDERR),
          "prepare");
      int[] pid = new int[1];
      requireZero(
          Native.LIBC.posix_spawnp(
              pid,
              text("fusermount3"),
              actions.address(),
              0,
              arguments.address(),
              environment.address()),
          "start fusermount3");
      return pid[0];
    } finally {
      int unused = Native.LIBC.posix_spawn_file_actions_destroy(actions.address());
      Reference.reachabilityFence(actions);
      Reference.reachabilityFence(arguments);
      Reference.reachabilityFence(environment);
    }
  }

  /** The posix_spawn family returns the errno instead of setting it. */
  private static void requireZero(int errno, String call) throws FsException {
    if (errno != 0) {
      throw new FsException(Errno.of(errno), call);
    }
  }

  /** Returns the descriptor in the next message on a socket, or -1 if there is none. */
  private static int receiveDescriptor(int socket) {
    // One block: the header, then struct iovec, one byte of data, and the control message.
    NativeBuffer memory = new NativeBuffer(256);
    ByteBuffer block = memory.buffer().order(ByteOrder.nativeOrder());
    int vector = MESSAGE_HEADER;
    int data = vector + 16;
    int control = 128;
    block.putLong(vector, memory.address() + data).putLong(vector + 8, 1);
    block.putLong(16, memory.address() + vector).putLong(24, 1);
    block.putLong(32, memory.address() + control).putLong(40, CONTROL);
    try {
      long received = Native.LIBC.recvmsg(socket, memory.address(), MSG_CMSG_CLOEXEC);
      boolean hasDescriptor =
          received > 0
              && block.getLong(40) >= 20
              && block.getInt(control + 8) == SOL_SOCKET
              && block.getInt(control + 12) == SCM_RIGHTS;
      return hasDescriptor ? block.getInt(control + 16) : -1;
    } finally {
      Reference.reachabilityFence(memory);
    }
  }

  private static String readAll(int descriptor) {
    NativeBuffer memory = new NativeBuffer(1024);
    StringBuilder text = new StringBuilder();
    try {
      long count;
      while ((count = Native.LIBC.read(descriptor, memory.address(), memory.size())) > 0) {
        byte[] part = new byte[(int) count];
        memory.buffer().get(0, part);
        text.append(new String(part, StandardCharsets.UTF_8));
      }
      return text.toString();
    } finally {
      Reference.reachabilityFence(memory);
    }
  }
}
