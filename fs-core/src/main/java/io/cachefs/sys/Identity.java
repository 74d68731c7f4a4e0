package io.cachefs.sys;

import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.nio.ByteBuffer;

/**
 * Who a thread is towards file systems: user, group, capabilities and umask. Linux keeps all of
 * them per thread once the umask has been unshared. Each instance is owned by the thread that made
 * it.
 */
final class Identity {
  /** {@code CLONE_FS} of {@code sched.h}: a umask (and working directory) of the thread's own. */
  private static final int CLONE_FS = 0x200;

  /** {@code _LINUX_CAPABILITY_VERSION_3} of {@code capability.h}. */
  private static final int CAPABILITY_VERSION_3 = 0x20080522;

  /** CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: enter any directory, as root does. */
  private static final int OVERRIDE_ACCESS = 1 << 1 | 1 << 2;

  private static final ThreadLocal<Identity> CURRENT = ThreadLocal.withInitial(Identity::new);

  /** No user or group: {@code setfsuid} and {@code setfsgid} then only tell the present one. */
  private static final int NOBODY = -1;

  private final boolean privileged = Native.LIBC.geteuid() == 0;
  private final int ownGroup = Native.LIBC.getegid();
  private final ByteBuffer header = Native.allocate(8);
  private final ByteBuffer capabilities = Native.allocate(24);
  private final long headerAddress = Native.addressOf(header);
  private final long capabilitiesAddress = Native.addressOf(capabilities);
  private int ownUmask;
  private boolean userChanged;
  private boolean groupChanged;

  private Identity() {
    header.putInt(0, CAPABILITY_VERSION_3);
    if (Native.LIBC.unshare(CLONE_FS) < 0) {
      throw new IllegalStateException("unshare(CLONE_FS) failed, errno " + Native.lastError());
    }
  }

  static Identity current() {
    return CURRENT.get();
  }

  void actFor(Caller caller, boolean overrideAccess) throws FsException {
    ownUmask = Native.LIBC.umask(caller.umask());
    if (!privileged) {
      return;
    }
    boolean done = false;
    try {
      becomeGroup(caller.gid());
      becomeUser(caller.uid());
      if (userChanged && overrideAccess) {
        raiseOverride();
      }
      done = true;
    } finally {
      if (!done) {
        resumeSelf();
      }
    }
  }

  /** {@code setfsgid} reports no failure; asking again tells. */
  private void becomeGroup(int gid) throws FsException {
    if (gid != ownGroup) {
      int before = Native.LIBC.setfsgid(gid);
      groupChanged = before != gid;
      requireEqual(gid, Native.LIBC.setfsgid(NOBODY));
    }
  }

  private void becomeUser(int uid) throws FsException {
    if (uid != 0) {
      int before = Native.LIBC.setfsuid(uid);
      userChanged = before != uid;
      requireEqual(uid, Native.LIBC.setfsuid(NOBODY));
    }
  }

  /** What a caller makes must never belong to this process instead. */
  private static void requireEqual(int wanted, int is) throws FsException {
    if (wanted == NOBODY || wanted != is) {
      throw new FsException(Errno.EPERM, "cannot act for user or group " + wanted);
    }
  }

  /** Leaving uid 0 dropped the capabilities over files; takes back those for directories. */
  private void raiseOverride() throws FsException {
    Native.check(Native.LIBC.capget(headerAddress, capabilitiesAddress), "capget");
    int effective = capabilities.getInt(0);
    int permitted = capabilities.getInt(4);
    capabilities.putInt(0, effective | (permitted & OVERRIDE_ACCESS));
    Native.check(Native.LIBC.capset(headerAddress, capabilitiesAddress), "capset");
  }

  void resumeSelf() {
    if (userChanged) {
      // Back to uid 0 the kernel gives the capabilities over files back by itself.
      int before = Native.LIBC.setfsuid(0);
      userChanged = before == NOBODY;
    }
    if (groupChanged) {
      int before = Native.LIBC.setfsgid(ownGroup);
      groupChanged = before == NOBODY;
    }
    int callers = Native.LIBC.umask(ownUmask);
    assert callers >= 0;
  }
}
