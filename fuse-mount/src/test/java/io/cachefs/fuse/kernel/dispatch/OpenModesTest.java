package io.cachefs.fuse.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.fuse.kernel.wire.OpenReplyFlags;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OpenModesTest {
  private static final int PT = OpenReplyFlags.PASSTHROUGH;
  private static final int DIO = OpenReplyFlags.DIRECT_IO;
  private static final int KEEP = OpenReplyFlags.KEEP_CACHE;
  private static final int NOFLUSH = OpenReplyFlags.NO_FLUSH;

  private final Registry registry = new Registry();
  private final OpenModes modes = new OpenModes(registry, true);

  @Test
  void opened_whenPossible_passesThroughWithOneIdForAllOpens() {
    assertThat(open(5, 1, OpenFlags.READ_ONLY)).isEqualTo(new OpenModes.Decision(PT | NOFLUSH, 1));
    assertThat(open(5, 2, OpenFlags.READ_WRITE)).isEqualTo(new OpenModes.Decision(PT, 1));
    assertThat(open(5, 3, OpenFlags.DIRECT))
        .isEqualTo(new OpenModes.Decision(PT | DIO | NOFLUSH, 1));
    assertThat(modes.released(5, 1)).isFalse();
    assertThat(modes.released(5, 2)).isTrue();
    assertThat(registry.live).containsExactly(1);
  }

  @Test
  void opened_againAfterTheLastRelease_usesTheKeptId() {
    OpenModes.Decision first = open(5, 1, 0);
    boolean unused = modes.released(5, 1);
    assertThat(open(5, 2, 0)).isEqualTo(first);
    assertThat(registry.opened).isEqualTo(1);
  }

  @Test
  void forgotten_endsTheKeptId_alsoWhenItOvertakesTheRelease() {
    OpenModes.Decision unusedDecision = open(5, 1, 0);
    boolean unused = modes.released(5, 1);
    modes.forgotten(5);
    assertThat(registry.live).isEmpty();
    unusedDecision = open(5, 2, 0);
    modes.forgotten(5);
    assertThat(registry.live).hasSize(1);
    unused = modes.released(5, 2);
    assertThat(registry.live).isEmpty();
  }

  @Test
  void opened_withoutADescriptor_isCachedOrDirect_andSoAreLaterOnes() {
    assertThat(modes.opened(5, 1, 0, true, handle -> -1))
        .isEqualTo(new OpenModes.Decision(KEEP | NOFLUSH, 0));
    assertThat(open(5, 2, OpenFlags.READ_WRITE)).isEqualTo(new OpenModes.Decision(0, 0));
    assertThat(open(5, 3, OpenFlags.DIRECT | OpenFlags.READ_WRITE))
        .isEqualTo(new OpenModes.Decision(DIO, 0));
    assertThat(modes.released(5, 1)).isFalse();
    assertThat(modes.released(5, 2)).isFalse();
    // The direct one may be mapped, which the kernel counts as cached.
    assertThat(open(5, 4, 0).flags() & PT).isZero();
  }

  @Test
  void opened_whenTheDescriptorIsRefused_fallsBackForThisFileOnly() {
    registry.refusal = Errno.ELOOP;
    assertThat(open(5, 1, 0).flags() & PT).isZero();
    assertThat(modes.passthroughInUse()).isTrue();
    registry.refusal = null;
    assertThat(open(6, 2, 0).flags() & PT).isEqualTo(PT);
  }

  @Test
  void opened_whenNotPermitted_stopsTryingForTheWholeMount() {
    registry.refusal = Errno.EPERM;
    assertThat(open(5, 1, 0).flags() & PT).isZero();
    assertThat(modes.passthroughInUse()).isFalse();
    registry.refusal = null;
    assertThat(open(6, 2, 0).flags() & PT).isZero();
  }

  @Test
  void keptIds_areBounded() {
    for (int inode = 0; inode < 10_000; inode++) {
      OpenModes.Decision unusedDecision = open(inode, inode, 0);
      boolean unused = modes.released(inode, inode);
      assertThat(registry.live.size()).isLessThanOrEqualTo(OpenModes.MAX_IDLE);
    }
    modes.closeIdle();
    assertThat(registry.live).isEmpty();
  }

  /** The rules of Linux 6.18 for opens that live at the same time, against random histories. */
  @Test
  void opened_inAnyOrder_keepsTheRulesOfTheKernel() {
    long seed = Long.getLong("cachefs.seed", System.nanoTime());
    Random random = new Random(seed);
    Map<Long, Live> live = new HashMap<>();
    for (int step = 0; step < 20_000; step++) {
      List<Long> handles = new ArrayList<>(live.keySet());
      if (!handles.isEmpty() && random.nextInt(100) < 48) {
        long handle = handles.get(random.nextInt(handles.size()));
        Live ended = live.remove(handle);
        if (ended != null) {
          boolean unused = modes.released(ended.inode, handle);
        }
      } else if (random.nextInt(100) < 10) {
        modes.forgotten(random.nextInt(6));
      } else if (live.size() < 40) {
        long inode = random.nextInt(6);
        int flags = random.nextInt(3) | (random.nextInt(4) == 0 ? OpenFlags.DIRECT : 0);
        boolean possible = random.nextInt(3) > 0;
        registry.refusal = random.nextInt(10) == 0 ? Errno.ELOOP : null;
        OpenModes.Decision decision =
            modes.opened(inode, step, flags, random.nextBoolean(), h -> possible ? 9 : -1);
        requireLegal(seed, live, inode, decision);
        live.put((long) step, new Live(inode, decision));
      }
      for (Live each : live.values()) {
        if (each.decision.backingId() != 0) {
          assertThat(registry.live).as("seed %d", seed).contains(each.decision.backingId());
        }
      }
    }
  }

  private static void requireLegal(
      long seed, Map<Long, Live> live, long inode, OpenModes.Decision decision) {
    boolean passes = (decision.flags() & PT) != 0;
    assertThat(decision.backingId() != 0).as("seed %d", seed).isEqualTo(passes);
    assertThat(passes && (decision.flags() & KEEP) != 0).as("seed %d", seed).isFalse();
    for (Live other : live.values()) {
      if (other.inode == inode) {
        assertThat(decision.backingId()).as("seed %d", seed).isEqualTo(other.decision.backingId());
      }
    }
  }

  private OpenModes.Decision open(long inode, long handle, int flags) {
    return modes.opened(inode, handle, flags, false, h -> 9);
  }

  private record Live(long inode, OpenModes.Decision decision) {}

  /** Gives out ids as the kernel does: ever growing. */
  private static final class Registry implements BackingFiles {
    private final Set<Integer> live = new HashSet<>();
    private int opened;
    private @Nullable Errno refusal;

    @Override
    public int open(int descriptor) throws FsException {
      Errno errno = refusal;
      if (errno != null) {
        throw new FsException(errno);
      }
      live.add(++opened);
      return opened;
    }

    @Override
    public void close(int backingId) {
      assertThat(live.remove(backingId)).isTrue();
    }
  }
}
