package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.process.OpenDescriptors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in the documentation is code that compiles and runs. */
class LibraryDocTest {
  private static final Path SOURCES = Path.of("src/test/java/io/cachefs/engine");

  @TempDir Path directory;

  private static String between(Path file, String begin, String end) throws IOException {
    String text = Files.readString(file);
    int start = text.indexOf(begin) + begin.length();
    assertThat(start).as("%s in %s", begin, file).isGreaterThan(begin.length());
    return text.substring(start, text.indexOf(end, start)).stripTrailing().stripIndent();
  }

  @Test
  void example_inTheDocumentation_isTheOneThatIsCompiled() throws IOException {
    String compiled = between(SOURCES.resolve("LibraryExample.java"), "// begin\n", "    // end");

    assertThat(between(Path.of("../docs/library.md"), "```java\n", "```")).isEqualTo(compiled);
  }

  @Test
  void exampleOfACache_inTheDocumentation_isTheOneThatIsCompiled() throws IOException {
    String compiled =
        between(SOURCES.resolve("LibraryExample.java"), "// begin cached\n", "    // end");

    assertThat(between(Path.of("../docs/library.md"), "```java\nCacheSettings", "```"))
        .isEqualTo(compiled.substring("CacheSettings".length()));
  }

  @Test
  void exampleOfACache_run_answersWhatIsThere(@TempDir Path cache) throws Exception {
    Files.writeString(directory.resolve("hello"), "hi there");
    PosixSource source = PosixSource.open(new LinuxFileCalls(), directory, 16);
    assertThat(LibraryExample.runCached(source, cache.resolve("c"))).isEqualTo("hi there");
    assertThat(OpenDescriptors.under(directory)).isEmpty();
    assertThat(OpenDescriptors.under(cache)).isEmpty();
    PosixSource other = PosixSource.open(new LinuxFileCalls(), cache, 16);
    assertThatThrownBy(() -> LibraryExample.runCached(other, cache.resolve("c")))
        .hasMessageContaining("belongs to");
    assertThat(OpenDescriptors.under(cache)).isEmpty();
  }

  @Test
  void example_run_answersWhatItWrote() throws Exception {
    assertThat(LibraryExample.run(directory)).isEqualTo("hi");
    assertThat(Files.readString(directory.resolve("hello"))).isEqualTo("hi");
    assertThat(OpenDescriptors.under(directory)).isEmpty();
  }
}
