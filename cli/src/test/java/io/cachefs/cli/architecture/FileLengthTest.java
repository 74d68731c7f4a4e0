package io.cachefs.cli.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of every main source file; each rule is shown to see a planted violation. */
class FileLengthTest {
  private static final List<Path> MAIN = SourceFiles.javaFiles(SourceFiles.mainDirectories());

  @TempDir Path planted;

  @Test
  void everyModuleIsInView() {
    assertThat(SourceFiles.mainDirectories()).hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void noFileIsTooLong() throws IOException {
    assertThat(SourceFiles.tooLong(MAIN)).isEmpty();
    Path file = planted.resolve("Long.java");
    Files.writeString(file, "// line\n".repeat(601));
    assertThat(SourceFiles.tooLong(List.of(file))).hasSize(1);
  }

  @Test
  void everyTodoNamesAnIssue() throws IOException {
    assertThat(SourceFiles.todosWithoutIssue(MAIN)).isEmpty();
    Path bad = Files.writeString(planted.resolve("Bad.java"), "// TODO: later\n");
    Path good = Files.writeString(planted.resolve("Good.java"), "// TODO(#12): later\n");
    assertThat(SourceFiles.todosWithoutIssue(List.of(bad, good))).hasSize(1);
  }

  @Test
  void everyPackageIsDescribedAndNullMarked() throws IOException {
    assertThat(SourceFiles.packagesWithoutDescription(MAIN)).isEmpty();
    Path file = Files.writeString(planted.resolve("Alone.java"), "class Alone {}\n");
    assertThat(SourceFiles.packagesWithoutDescription(List.of(file))).hasSize(1);
  }
}
