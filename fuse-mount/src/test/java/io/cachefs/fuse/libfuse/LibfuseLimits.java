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

  private static final List<String> OTHERS =
      List.of(
          // statx(2) has no time of birth: libfuse 2 cannot report one.
          "btime_staysWhenEverythingElseChanges",
          "btime_newFile_isNow",
          // fstat(2) of an open directory that was removed fails with ENOENT: it has no path.
          "handle_removedDirectory_canStillBeStated",
          // flock(2) on one name is not seen through another: two inodes for the kernel.
          "flock_hardLinks_areOneFile",
          // The kernel refuses these modes for every FUSE file system.
          "fallocate_collapseRange_movesTheRestForward",
          "fallocate_insertRange_movesTheRestBack");

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
    names.addAll(OTHERS);
    return names;
  }
}
