package io.cachefs.fuse.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.posix.PosixSuite;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** A mount whose directories the kernel opens by itself, served by another process. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@TestInstance(Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class UnopenedDirectoriesIT {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** The kernel's FUSE refuses these itself: fuse_file_fallocate in fs/fuse/file.c. */
  private static final Set<String> NOT_IN_FUSE =
      Set.of(
          "fallocate_collapseRange_movesTheRestForward", "fallocate_insertRange_movesTheRestBack");

  private Path base;
  private ChildProcess daemon;

  @BeforeAll
  void mount() throws IOException {
    Require.fuse();
    Require.root();
    // Not the default for temporary files, which may be a tmpfs that knows less.
    base = Files.createTempDirectory(Path.of("/var/tmp"), "cachefs-unopened");
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String name : List.of("source", "mount", "plain")) {
      Files.createDirectory(base.resolve(name));
    }
    daemon =
        ChildProcess.java(
            List.of("-Xmx256m"),
            ServeDirectory.class,
            base.resolve("source").toString(),
            base.resolve("mount").toString(),
            "passthrough",
            "3600",
            "xattrs",
            "unopened");
    daemon.awaitLine("MOUNTED", LIMIT);
  }

  @AfterAll
  void unmount() throws IOException {
    try (ChildProcess umount =
        ChildProcess.start("umount", "-l", base.resolve("mount").toString())) {
      umount.awaitExit(LIMIT);
    }
    daemon.awaitExit(LIMIT);
    List<String> words = daemon.output();
    daemon.close();
    try (ChildProcess remove =
        ChildProcess.start("rm", "-rf", "--one-file-system", base.toString())) {
      remove.awaitExit(LIMIT);
    }
    assertThat(words).contains("FAULTS 0");
    assertThat(words).anyMatch(line -> line.matches("OPENDIR +1 calls +1 failed.*"));
    assertThat(words).noneMatch(line -> line.startsWith("RELEASEDIR"));
  }

  @TestFactory
  Stream<DynamicNode> everyRuleHolds() {
    return PosixSuite.tests(base.resolve("mount"), base.resolve("plain"), NOT_IN_FUSE);
  }

  private List<String> shell(String script) {
    try (ChildProcess shell =
        ChildProcess.start(
            "sh",
            "-c",
            "cd \"$1\" || exit 99\n" + script,
            "sh",
            base.resolve("mount").toString())) {
      assertThat(shell.awaitExit(LIMIT)).as(() -> shell.output().toString()).isZero();
      return shell.output();
    }
  }

  /** Two streams, seeks, rewinds and removals; the directory is too large for one reply. */
  @Test
  void streamsOfOneDirectory_whileItChanges_listEachEntryThatStaysOnce() {
    assertThat(
            shell(
                """
                mkdir many && cd many && seq -f 'a-name-of-some-length-%05g' 4000 | xargs touch
                perl -e '
                  opendir(A, ".") or die; opendir(B, ".") or die;
                  my %a; my %b;
                  for (1..500) { $a{readdir(A)}++; }
                  for (1..2500) { $b{readdir(B)}++; }
                  my $place = telldir(A);
                  my $next = readdir(A); seekdir(A, $place);
                  readdir(A) eq $next or die "seek";
                  $a{$next}++;
                  unlink("a-name-of-some-length-0$_") or die for (1000..1999);
                  open(F, ">", "new$_") or die for (1..50);
                  while (my $n = readdir(A)) { $a{$n}++; }
                  while (my $n = readdir(B)) { $b{$n}++; }
                  for my $seen (\\%a, \\%b) {
                    for (1..999, 2000..4000) {
                      my $n = sprintf("a-name-of-some-length-%05d", $_);
                      ($seen->{$n} // 0) == 1 or die "$n: " . ($seen->{$n} // 0);
                    }
                    $_ == 1 or die for values %$seen;
                  }
                  rewinddir(A);
                  my @all = readdir(A);
                  print scalar(@all), "\\n";
                '
                ls | wc -l; rm -r ../many; ls ..
                """))
        .containsExactly("3052", "3050");
  }

  @Test
  void moreListingsThanAreKept_goOnWhereTheyWere() {
    assertThat(
            shell(
                """
                for i in $(seq 300); do mkdir d$i; done
                touch $(seq -f 'd1/a-rather-long-name-%g' 2000)
                python3 - <<'E'
                import os
                first = os.scandir("d1")
                got = [next(first).name for _ in range(100)]
                for i in range(2, 301):
                    for _ in os.scandir("d%d" % i): pass
                got += [e.name for e in first]
                print(len(got), len(set(got)))
                E
                rm -r d*
                """))
        .containsExactly("2000 2000");
  }

  @Test
  void flagsAndSync_ofADirectoryThatIsNotOpen_work() {
    assertThat(
            shell(
                "mkdir s && lsattr -d s > /dev/null; python3 -c 'import os; f=os.open(\"s\", 0); os.fsync(f); print(1)'; rmdir s"))
        .containsExactly("1");
  }
}
