package io.cachefs.testing.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The runner fails when it should. */
class PosixSuiteTest {
  @TempDir private Path directory = Path.of("");

  @Test
  void cases_namesAreUniqueAndSayWhatTheyExpect() {
    List<PosixCase> cases = PosixSuite.cases();
    assertThat(cases).hasSizeGreaterThan(900);
    assertThat(cases.stream().map(PosixCase::name)).doesNotHaveDuplicates();
    assertThat(cases.stream().map(PosixCase::name)).allMatch(n -> n.contains("_"));
  }

  @Test
  void run_failingCase_fails() {
    assertThatThrownBy(() -> run(fs -> fs.stat("missing"), false))
        .hasMessageContaining("ENOENT")
        .hasMessageContaining("the_case");
  }

  @Test
  void run_failingCaseThatIsExpectedToFail_passes() {
    assertThatCode(() -> run(fs -> fs.stat("missing"), true)).doesNotThrowAnyException();
  }

  @Test
  void run_passingCaseThatIsExpectedToFail_fails() {
    assertThatThrownBy(() -> run(fs -> fs.mkdir("d"), true)).hasMessageContaining("it passes");
  }

  @Test
  void run_featureThatTheReferenceRefusesToo_isSkipped() {
    assertThatThrownBy(() -> run(fs -> refuse(), false)).isInstanceOf(TestAbortedException.class);
  }

  @Test
  void run_featureThatOnlyTheTargetRefuses_fails() {
    String[] first = {""};
    assertThatThrownBy(
            () ->
                run(
                    fs -> {
                      String here = fs.path(".");
                      if (first[0].isEmpty()) {
                        first[0] = here;
                        refuse();
                      }
                    },
                    false))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("EOPNOTSUPP");
  }

  @Test
  void run_removesWhatTheCaseLeft() {
    assertThatThrownBy(
            () ->
                run(
                    fs -> {
                      fs.mkdir("d");
                      fs.write("d/a", "x");
                      fs.open("d/a", Flags.O_RDONLY);
                      throw new IllegalStateException("on purpose");
                    },
                    false))
        .hasMessageContaining("on purpose");
    try (Posix fs = Posix.in(directory)) {
      assertThat(fs.list(".")).isEmpty();
    }
  }

  @Test
  void expect_callThatSucceeds_fails() {
    assertThatThrownBy(() -> Expect.expect(Errno.ENOENT, () -> {}))
        .hasMessageContaining("succeeded");
  }

  @Test
  void expect_otherError_fails() {
    assertThatThrownBy(() -> Expect.expect(Errno.ENOENT, PosixSuiteTest::refuse))
        .hasMessageContaining("EOPNOTSUPP");
  }

  @Test
  void tests_unknownExpectedFailure_isATestThatFails() {
    List<DynamicNode> nodes =
        PosixSuite.tests(directory, directory, Set.of("no_such_case")).toList();
    DynamicNode last = nodes.get(nodes.size() - 1);
    assertThat(last).isInstanceOf(DynamicTest.class);
    assertThatThrownBy(((DynamicTest) last).getExecutable()::execute)
        .hasMessageContaining("no_such_case");
  }

  @Test
  void tests_haveEveryCaseInItsArea() {
    Stream<DynamicNode> nodes = PosixSuite.tests(directory, directory);
    long count = nodes.flatMap(n -> ((DynamicContainer) n).getChildren()).count();
    assertThat(count).isEqualTo(PosixSuite.cases().size());
  }

  private void run(PosixCase.Body body, boolean mustFail) {
    new CaseRunner(directory, directory)
        .run(new PosixCase("area", "the_case", Set.of(), body), mustFail);
  }

  private static void refuse() {
    throw new PosixException(Errno.EOPNOTSUPP.number(), "call()");
  }
}
