package io.cachefs.testing.posix;

import java.util.HashMap;
import java.util.Map;

/** The error numbers of Linux that a file system call can answer with. */
public enum Errno {
  EPERM(1),
  ENOENT(2),
  EINTR(4),
  EIO(5),
  ENXIO(6),
  E2BIG(7),
  EBADF(9),
  EAGAIN(11),
  ENOMEM(12),
  EACCES(13),
  EFAULT(14),
  EBUSY(16),
  EEXIST(17),
  EXDEV(18),
  ENODEV(19),
  ENOTDIR(20),
  EISDIR(21),
  EINVAL(22),
  ENFILE(23),
  EMFILE(24),
  ENOTTY(25),
  ETXTBSY(26),
  EFBIG(27),
  ENOSPC(28),
  ESPIPE(29),
  EROFS(30),
  EMLINK(31),
  EPIPE(32),
  ERANGE(34),
  EDEADLK(35),
  ENAMETOOLONG(36),
  ENOSYS(38),
  ENOTEMPTY(39),
  ELOOP(40),
  ENODATA(61),
  EOVERFLOW(75),
  EOPNOTSUPP(95),
  ECONNABORTED(103),
  ENOTCONN(107),
  ETIMEDOUT(110),
  ESTALE(116),
  EDQUOT(122),
  /** A number that is not in this list; the exception's message has it. */
  OTHER(-1);

  private static final Map<Integer, Errno> BY_NUMBER = new HashMap<>();

  static {
    for (Errno errno : values()) {
      BY_NUMBER.put(errno.number, errno);
    }
  }

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /** The number as the kernel has it. */
  public int number() {
    return number;
  }

  /** The constant for a number, or {@link #OTHER}. */
  public static Errno of(int number) {
    return BY_NUMBER.getOrDefault(number, OTHER);
  }
}
