package io.cachefs.fuse.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.fuse.MountException;
import org.junit.jupiter.api.Test;

/** The choice of a transport. */
class TransportSelectorTest {
  @Test
  void onLinuxTheKernelTransportIsChosenAndSaysWhy() throws MountException {
    TransportSelector.Selection selection = TransportSelector.select("auto", () -> 0);
    assertThat(selection.transport().name()).isEqualTo("kernel");
    assertThat(selection.reason()).contains("Linux");
  }

  @Test
  void aNameIsTakenAtItsWord() throws MountException {
    TransportSelector.Selection selection = TransportSelector.select("kernel", () -> 0);
    assertThat(selection.transport().name()).isEqualTo("kernel");
    assertThat(selection.reason()).contains("--transport");
  }

  @Test
  void anUnknownNameIsRefusedWithThoseThereAre() {
    assertThatThrownBy(() -> TransportSelector.select("pigeon", () -> 0))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("auto, kernel, jnr-fuse");
  }
}
