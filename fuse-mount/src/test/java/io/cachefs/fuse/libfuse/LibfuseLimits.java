package io.cachefs.fuse.libfuse;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The rules of the POSIX suite that this transport cannot keep; docs/transports.md says why. */
final class LibfuseLimits {
  /** open(2) with O_TMPFILE fails with EOPNOTSUPP: libfuse 2 does not know the request. */
  private static final List<String> NO_TMPFILE =
      List.of(
          "tmpfile_hasNoNameAndNoLinks",
          "tmpfile_writeAndRead",
          "tmpfile_linkedThroughProc_getsItsName",
          "tmpfile_linkedByDescriptor_getsItsName",
          "tmpfile_withExcl_cannotBeLinked");

  private static final List<String> TYPES =
      List.of("File", "Symlink", "EmptyDirectory", "NonEmptyDirectory");

  static final Set<String> EXPECTED_FAILURES = Collections.unmodifiableSet(failures());

  private LibfuseLimits() {}

  private static Set<String> failures() {
    Set<String> names = new TreeSet<>(NO_TMPFILE);
    // RENAME_EXCHANGE fails with EINVAL: libfuse's own table of names cannot follow it.
    names.add("renameExchange_acrossDirectories_updatesDotDot");
    for (String from : TYPES) {
      for (String to : TYPES) {
        names.add("renameExchange_" + from + "With" + to + "_swapsThem");
      }
    }
    return names;
  }
}
