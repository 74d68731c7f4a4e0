package io.cachefs.testing.process;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.opentest4j.TestAbortedException;

/**
 * What a test cannot do without. When it is not there the test is skipped, unless the run insists
 * with {@code -Dcachefs.require=fuse,root}: then the test fails.
 */
public final class Require {
  private static final Path FUSE = Path.of("/dev/fuse");

  private Require() {}

  /** The kernel's FUSE device can be opened. */
  public static void fuse() {
    String problem = fuseProblem();
    if (!problem.isEmpty()) {
      missing("fuse", problem);
    }
  }

  /** The process is root. */
  public static void root() {
    if (!isRoot()) {
      missing("root", "the process is not root");
    }
  }

  /** Whether the process is root. */
  public static boolean isRoot() {
    return new UnixSystem().getUid() == 0;
  }

  private static String fuseProblem() {
    if (!Files.exists(FUSE)) {
      return FUSE + " is not there";
    }
    try (RandomAccessFile device = new RandomAccessFile(FUSE.toFile(), "rw")) {
      return device.getFD().valid() ? "" : FUSE + " has no descriptor";
    } catch (IOException e) {
      return FUSE + " cannot be opened: " + e.getMessage();
    }
  }

  private static void missing(String feature, String problem) {
    String required = System.getProperty("cachefs.require", "");
    if (Arrays.asList(required.split(",", -1)).contains(feature)) {
      throw new AssertionError(problem + ", and -Dcachefs.require asks for " + feature);
    }
    throw new TestAbortedException(problem);
  }
}
