package io.cachefs.testing.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.posix.Posix;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TreeSnapshotTest {
  @TempDir private Path first = Path.of("");
  @TempDir private Path second = Path.of("");

  @BeforeEach
  void makeTwoEqualTrees() {
    for (Path root : List.of(first, second)) {
      try (Posix fs = Posix.in(root)) {
        fs.mkdir("d");
        fs.write("d/\u00ff\n", "content");
        fs.symlink("target", "s");
        fs.mkfifo("p", 0600);
        for (String name : List.of("d/\u00ff\n", "d", "s", "p", ".")) {
          fs.lutimens(name, 1, 2);
        }
      }
    }
  }

  @Test
  void diff_equalTrees_isEmpty() {
    assertThat(TreeSnapshot.of(first).diff(TreeSnapshot.of(second))).isEmpty();
    assertThat(TreeSnapshot.of(first).paths()).containsExactly(".", "d", "d/\u00ff\n", "p", "s");
  }

  @Test
  void diff_changedThings_areNamed() {
    try (Posix fs = Posix.in(second)) {
      fs.write("d/\u00ff\n", "CONTENT");
      fs.chmod("p", 0611);
      fs.utimens("d/\u00ff\n", 1, 2);
      fs.unlink("s");
      fs.utimens(".", 1, 2);
    }
    assertThat(TreeSnapshot.of(first).diff(TreeSnapshot.of(second)))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("d/\\xff\\x0a: content is "),
            line -> assertThat(line).isEqualTo("p: mode is 600 and 611"),
            line -> assertThat(line).isEqualTo("s: only in the first"));
    assertThat(TreeSnapshot.of(first).diff(TreeSnapshot.of(second), List.of("mode", "content")))
        .containsExactly("s: only in the first");
  }
}
