package io.cachefs.testing.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/** Proves the cases: on a directory of the local file system every one of them passes. */
class PlainDirectoryTest {
  private static Path directory = Path.of("");

  @BeforeAll
  static void createDirectory() throws IOException {
    // Not the default for temporary files, which may be a tmpfs that knows less.
    Path parent = Path.of(System.getProperty("cachefs.plain.directory", "/var/tmp"));
    directory = Files.createTempDirectory(parent, "posix-suite");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterAll
  static void removeDirectory() throws IOException {
    // Fails when a case has left something: each removes its own directory.
    Files.delete(directory);
  }

  @TestFactory
  Stream<DynamicNode> everyRuleHoldsOnAPlainDirectory() {
    return PosixSuite.tests(directory, directory);
  }
}
