package io.cachefs.fuse.libfuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.posix.PosixSuite;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** The rules of POSIX on a mount of this transport, but for the limits that are documented. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestInstance(Lifecycle.PER_CLASS)
class JnrFusePosixIT {
  private @Nullable MountedDaemon daemon;

  @BeforeAll
  void mount() throws IOException {
    Require.fuse();
    daemon = MountedDaemon.start("suid", "dev");
  }

  @AfterAll
  void unmount() throws IOException {
    if (daemon == null) {
      return;
    }
    try (MountedDaemon mounted = daemon) {
      List<String> words = mounted.unmount();
      assertThat(words)
          .as("no fault, and every inode and handle given back")
          .contains("FAULTS 0", "ENDED inodes=1 handles=0", "THREADS 0");
    }
  }

  @TestFactory
  Stream<DynamicNode> everyRuleHoldsButTheDocumentedOnes() {
    if (daemon == null) {
      throw new IllegalStateException("not mounted");
    }
    return PosixSuite.tests(daemon.mountPoint(), daemon.plain(), LibfuseLimits.EXPECTED_FAILURES);
  }
}
