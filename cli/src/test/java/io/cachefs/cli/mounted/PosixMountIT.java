package io.cachefs.cli.mounted;

import io.cachefs.testing.OncePerMachine;
import io.cachefs.testing.posix.PosixSuite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** The contract suite, proven on a plain directory, over each way to mount. */
@Timeout(300)
class PosixMountIT {
  /** The kernel's FUSE refuses these itself: fuse_file_fallocate in fs/fuse/file.c. */
  private static final Set<String> NOT_IN_FUSE =
      Set.of(
          "fallocate_collapseRange_movesTheRestForward", "fallocate_insertRange_movesTheRestBack");

  /** No space is reserved, and flags of the source's file bind those who use that only. */
  private static final Set<String> NOT_IN_WRITE_BACK =
      Set.of(
          "fallocate_growsWithZeros",
          "fallocate_keepSize_reservesOnly",
          "inodeFlags_immutable_refusesEveryChange",
          "inodeFlags_appendOnly_allowsNothingButAppending");

  @TestFactory
  Stream<DynamicNode> kernelTransport_withPassthrough() throws IOException {
    return suiteOver(NOT_IN_FUSE);
  }

  @Tag(OncePerMachine.TAG)
  @TestFactory
  Stream<DynamicNode> kernelTransport_withoutPassthrough() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--no-passthrough");
  }

  @Tag(OncePerMachine.TAG)
  @TestFactory
  Stream<DynamicNode> kernelTransport_withoutKernelCaching() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--attr-timeout=0", "--entry-timeout=0", "--negative-timeout=0");
  }

  @Tag(OncePerMachine.TAG)
  @TestFactory
  Stream<DynamicNode> kernelTransport_withoutACache() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--no-cache");
  }

  @Tag(OncePerMachine.TAG)
  @TestFactory
  Stream<DynamicNode> kernelTransport_withAStrictCache() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--consistency=strict");
  }

  @Tag(OncePerMachine.TAG)
  @TestFactory
  Stream<DynamicNode> kernelTransport_withATimeLimitOfAnHour() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--consistency=ttl=1h");
  }

  @Tag(OncePerMachine.TAG)
  @TestFactory
  Stream<DynamicNode> kernelTransport_withAnExclusiveCache() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--consistency=exclusive");
  }

  @TestFactory
  Stream<DynamicNode> kernelTransport_withATinyCache() throws IOException {
    return suiteOver(NOT_IN_FUSE, "--cache-size=4M", "--memory=0");
  }

  @TestFactory
  Stream<DynamicNode> kernelTransport_withWriteBack() throws IOException {
    Set<String> failing = new HashSet<>(NOT_IN_FUSE);
    failing.addAll(NOT_IN_WRITE_BACK);
    return suiteOver(failing, "--mode=write-back");
  }

  private static Stream<DynamicNode> suiteOver(Set<String> expectedFailures, String... flags)
      throws IOException {
    TestMount mount = TestMount.open(flags);
    Path reference = Files.createDirectory(mount.source().resolveSibling("reference"));
    return PosixSuite.tests(mount.mountPoint(), reference, expectedFailures).onClose(mount::close);
  }
}
