package io.cachefs.cli.mounts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The search for processes that use a mount, over a made-up /proc. */
class HoldersTest {
  private static final Path MOUNT = Path.of("/mnt/fast");

  @TempDir Path proc;

  private Path process(int pid, String program) throws IOException {
    Path process = Files.createDirectory(proc.resolve(Integer.toString(pid)));
    assertThat(Files.createDirectory(process.resolve("fd"))).isDirectory();
    Files.writeString(process.resolve("comm"), program + "\n");
    link(process.resolve("cwd"), "/");
    return process;
  }

  private static void link(Path link, String target) throws IOException {
    Files.deleteIfExists(link);
    Path made = Files.createSymbolicLink(link, Path.of(target));
    assertThat(made).isSymbolicLink();
  }

  @Test
  void everyWayToHoldAMountIsFound() throws IOException {
    link(process(30, "shell").resolve("cwd"), "/mnt/fast/dir");
    link(process(4, "editor").resolve("fd/7"), "/mnt/fast/file");
    link(process(5, "tool").resolve("exe"), "/mnt/fast/bin/tool");
    link(process(6, "socket").resolve("fd/3"), "socket:[77]");
    link(process(7, "neighbour").resolve("cwd"), "/mnt/faster");
    Files.createDirectories(proc.resolve("sys"));
    assertThat(Holders.of(proc, MOUNT))
        .extracting(Holder::toString)
        .containsExactly("editor (pid 4, open file)", "tool (pid 5, exe)", "shell (pid 30, cwd)");
  }

  @Test
  void thisProcessHoldsItsWorkingDirectory() throws IOException {
    Path here = Path.of("/proc/self/cwd").toRealPath();
    assertThat(Holders.of(here)).extracting(Holder::pid).contains(ProcessHandle.current().pid());
  }
}
