package io.cachefs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is refused before any mount is tried: one sentence and an exit code for each. */
class RefusalTest {
  @TempDir Path directory;
  private Path source = Path.of("");
  private Path mountPoint = Path.of("");

  @BeforeEach
  void makeDirectories() throws IOException {
    source = Files.createDirectory(directory.resolve("source")).toRealPath();
    mountPoint = Files.createDirectory(directory.resolve("mount")).toRealPath();
  }

  private static void refused(Run run, int exitCode, String sentence) {
    assertThat(run.err()).startsWith("cachefs: ").contains(sentence).hasLineCount(1);
    assertThat(run.exitCode()).isEqualTo(exitCode);
    assertThat(run.out()).isEmpty();
  }

  private static Run mount(Path source, Path mountPoint, String... flags) {
    String[] args = new String[flags.length + 4];
    args[0] = "mount";
    args[1] = "--foreground";
    System.arraycopy(flags, 0, args, 2, flags.length);
    args[flags.length + 2] = source.toString();
    args[flags.length + 3] = mountPoint.toString();
    return Run.of(args);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--attr-timeout=soon | --attr-timeout: 'soon' is not a duration",
        "--umask=999 | --umask: '999' is not an octal mode",
        "--uid=root | --uid: 'root' is not a user or group number",
        "--max-read=lots | --max-read: 'lots' is not a size",
        "--max-read=512 | --max-read: 512 is less than 4096",
        "--threads=0 | --threads: 0 is not between 1 and 1024",
        "--max-descriptors=3 | --max-descriptors: 3 is not between 16",
        "--transport=pigeon | --transport: 'pigeon' is not one of auto, kernel, jnr-fuse",
        "--log-level=loud | --log-level: 'loud' is not one of",
        "-ofoo | unknown option 'foo' after -o",
        "-oro=1 | unknown option 'ro=1' after -o",
        "-ouid=me | -o uid: 'me' is not a user or group number",
        "--cache-size=huge | --cache-size: 'huge' is not a size",
        "-ocache_size=1 | -o cache-size: '1' is less than 4M",
        "--config=/no/such | --config: /no/such does not exist",
        "--frobnicate | Unknown option: '--frobnicate'"
      })
  void aBadValueIsWrongUse(String flag, String sentence) {
    refused(mount(source, mountPoint, flag), 2, sentence);
  }

  @Test
  void noCommandAndUnknownCommandAreWrongUse() {
    refused(Run.of(), 2, "a command is missing");
    refused(Run.of("explode"), 2, "'explode'");
    refused(Run.of("mount", "/only-one"), 2, "MOUNTPOINT");
    refused(Run.of("mount", "--foreground", "", "/mnt"), 2, "SOURCE is empty");
    refused(Run.of("mount", "--foreground", "/mnt", ""), 2, "MOUNTPOINT is empty");
    refused(Run.of("mount", "--foreground", "--fsname=", "/mnt", "/tmp"), 2, "is empty");
  }

  @Test
  void aSourceMustBeADirectoryThatIsThere() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    refused(mount(directory.resolve("no"), mountPoint), 3, "does not exist");
    refused(mount(file, mountPoint), 3, "is not a directory");
    refused(mount(file.resolve("below"), mountPoint), 3, "is not a directory");
  }

  @Test
  void aMountPointMustBeAnEmptyDirectory() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    refused(mount(source, directory.resolve("no")), 4, "does not exist");
    refused(mount(source, file), 4, "is not a directory");
    Files.createFile(mountPoint.resolve("something"));
    refused(mount(source, mountPoint), 4, "is not empty");
  }

  @Test
  void sourceAndMountPointMayNotOverlap() throws IOException {
    Path inside = Files.createDirectory(source.resolve("inside"));
    refused(mount(source, inside), 4, "lies inside the source");
    refused(mount(inside, source, "--nonempty"), 4, "lies inside the mount point");
    refused(mount(source, source, "--nonempty"), 4, "are the same directory");
    Path link = Files.createSymbolicLink(directory.resolve("link"), source);
    refused(mount(link, inside), 4, "lies inside the source");
    refused(mount(source, link.resolve("inside")), 4, "lies inside the source");
    refused(mount(source, link, "--nonempty"), 4, "are the same directory");
  }

  @Test
  void theCacheMayNotLieInSourceOrMountPoint() {
    refused(
        mount(source, mountPoint, "--cache-dir=" + source.resolve("c")), 10, "inside the source");
    refused(mount(source, mountPoint, "--cache-dir=" + mountPoint), 10, "inside the mount point");
    refused(
        mount(source, mountPoint, "--cache-dir=" + directory), 10, "inside the cache directory");
  }

  @Test
  void inTheBackgroundOnlyTheLauncherMounts() {
    refused(Run.of("mount", source.toString(), mountPoint.toString()), 2, "use --foreground");
  }

  @Test
  void whatIsNotMountedIsSaidSo() {
    refused(Run.of("umount", mountPoint.toString()), 7, "no cachefs is mounted at");
    refused(Run.of("status", mountPoint.toString()), 7, "no cachefs is mounted at");
  }

  @Test
  void verboseShowsWhereAFailureComesFrom() {
    Run run = Run.of("umount", "--verbose", mountPoint.toString());
    assertThat(run.err()).contains("CommandFailure").contains("\tat ");
  }
}
