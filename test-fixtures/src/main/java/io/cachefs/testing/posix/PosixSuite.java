package io.cachefs.testing.posix;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/**
 * All cases, and the tests made from them. A test knows two directories: the target it checks, and
 * a reference on a plain file system that says what the file system below is able to do. Cases that
 * act as other users need both directories to be reachable for everybody: their parents have mode
 * 0755 or more.
 */
public final class PosixSuite {
  private PosixSuite() {}

  /** All cases in the order of their areas. */
  public static List<PosixCase> cases() {
    List<CaseList> areas =
        List.of(
            OpenCases.cases(),
            TemporaryCases.cases(),
            NameCases.cases(),
            ErrorCases.cases(),
            RenameCases.cases(),
            LinkCases.hardLinks(),
            LinkCases.symlinks(),
            OwnershipCases.cases(),
            PermissionCases.cases(),
            TimeCases.cases(),
            HandleCases.cases(),
            ContentCases.cases(),
            DirectoryCases.cases(),
            XattrCases.cases(),
            XattrCases.inodeFlags(),
            AclCases.cases(),
            LockCases.cases(),
            RangeCases.mappings(),
            RangeCases.copies(),
            RangeCases.space(),
            NodeCases.cases(),
            NodeCases.figures());
    List<PosixCase> all = new ArrayList<>();
    areas.forEach(area -> all.addAll(area.cases()));
    Set<String> names = new HashSet<>();
    for (PosixCase each : all) {
      if (!names.add(each.name())) {
        throw new IllegalStateException("two cases have the name " + each.name());
      }
    }
    return List.copyOf(all);
  }

  /** Tests that expect every rule to hold. */
  public static Stream<DynamicNode> tests(Path target, Path reference) {
    return tests(target, reference, Set.of());
  }

  /**
   * Tests that expect every rule to hold but for the documented gaps.
   *
   * @param expectedFailures names of cases that must fail; one that passes fails its test, so that
   *     a gap which has gone is noticed
   */
  public static Stream<DynamicNode> tests(
      Path target, Path reference, Set<String> expectedFailures) {
    Map<String, List<DynamicTest>> byArea = new LinkedHashMap<>();
    Set<String> unknown = new TreeSet<>(expectedFailures);
    CaseRunner runner = new CaseRunner(target, reference);
    for (PosixCase each : cases()) {
      boolean mustFail = unknown.remove(each.name());
      byArea
          .computeIfAbsent(each.area(), area -> new ArrayList<>())
          .add(dynamicTest(each.name(), () -> runner.run(each, mustFail)));
    }
    List<DynamicNode> nodes = new ArrayList<>();
    byArea.forEach((area, tests) -> nodes.add(dynamicContainer(area, tests)));
    for (String name : unknown) {
      nodes.add(
          dynamicTest(
              "expected failure " + name,
              () -> {
                throw new AssertionError("no case has the name " + name);
              }));
    }
    return nodes.stream();
  }
}
