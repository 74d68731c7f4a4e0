package io.cachefs.cli.mounts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Who a process is, by its status file. */
class PrivilegesTest {
  @Test
  void effectiveUserAndCapabilitiesCount() {
    Privileges privileges =
        Privileges.parse(
            List.of("Name:\tjava", "Uid:\t1000\t0\t0\t0", "CapEff:\t0000000000200000"));
    assertThat(privileges.isRoot()).isTrue();
    assertThat(privileges.maySysAdmin()).isTrue();
    assertThat(privileges.mayReadAnyDirectory()).isFalse();
  }
}
