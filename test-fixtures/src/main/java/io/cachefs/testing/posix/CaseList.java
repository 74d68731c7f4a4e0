package io.cachefs.testing.posix;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Collects the cases of one area. */
final class CaseList {
  private final String area;
  private final Set<Need> always;
  private final List<PosixCase> cases = new ArrayList<>();

  CaseList(String area, Need... always) {
    this.area = area;
    this.always = Set.of(always);
  }

  void add(String name, PosixCase.Body body, Need... needs) {
    EnumSet<Need> all = EnumSet.noneOf(Need.class);
    all.addAll(always);
    all.addAll(List.of(needs));
    cases.add(new PosixCase(area, name, Set.copyOf(all), body));
  }

  List<PosixCase> cases() {
    return cases;
  }
}
