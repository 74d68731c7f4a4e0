package io.cachefs.fuse.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Passthrough;
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

  private static final Passthrough[] FILES = {
    Passthrough.ofFile(9), Passthrough.ofCopy(9, 1), Passthrough.ofCopy(9, 2)
  };

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
    assertThat(modes.opened(5, 1, 0, true, handle -> null))
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
  void opened_toWriteWhileACopyIsRead_sendsItsReadsAndWritesHere() {
    OpenModes.Decision reader = open(5, 1, 0, Passthrough.ofCopy(9, 1));
    assertThat(reader).isEqualTo(new OpenModes.Decision(PT | NOFLUSH, 1));
    OpenModes.Decision here = new OpenModes.Decision(PT | DIO, 1);
    assertThat(open(5, 2, OpenFlags.READ_WRITE, Passthrough.ofFile(7))).isEqualTo(here);
    assertThat(open(5, 3, OpenFlags.READ_WRITE, null)).isEqualTo(here);
    assertThat(open(5, 4, OpenFlags.READ_WRITE, Passthrough.ofCopy(9, 1))).isEqualTo(here);
    assertThat(modes.released(5, 2)).isTrue();
  }

  @Test
  void opened_withAnotherCopyOrNone_readsHere() {
    OpenModes.Decision first = open(5, 1, 0, Passthrough.ofCopy(9, 1));
    assertThat(open(5, 2, 0, Passthrough.ofCopy(8, 1))).isEqualTo(first);
    OpenModes.Decision here = new OpenModes.Decision(PT | DIO | NOFLUSH, 1);
    assertThat(open(5, 3, 0, Passthrough.ofCopy(9, 2))).isEqualTo(here);
    assertThat(open(5, 4, 0, Passthrough.ofFile(9))).isEqualTo(here);
    assertThat(open(5, 5, 0, null)).isEqualTo(here);
  }

  @Test
  void opened_toWriteACopy_doesNotPass() {
    assertThat(open(5, 1, OpenFlags.READ_WRITE, Passthrough.ofCopy(9, 1)))
        .isEqualTo(new OpenModes.Decision(0, 0));
    assertThat(registry.opened).isZero();
  }

  @Test
  void released_lastOfACopy_endsItsId_butNotThatOfTheFile() {
    OpenModes.Decision unused = open(5, 1, 0, Passthrough.ofFile(9));
    boolean ended = modes.released(5, 1);
    assertThat(registry.live).containsExactly(1);
    unused = open(5, 2, 0, Passthrough.ofCopy(9, 1));
    assertThat(registry.live).containsExactly(2);
    unused = open(5, 3, OpenFlags.READ_WRITE, null);
    ended |= modes.released(5, 2);
    assertThat(registry.live).containsExactly(2);
    assertThat(ended).isFalse();
    boolean last = modes.released(5, 3);
    assertThat(last).isTrue();
    assertThat(registry.live).isEmpty();
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
        Passthrough file = random.nextInt(3) == 0 ? null : FILES[random.nextInt(FILES.length)];
        registry.refusal = random.nextInt(10) == 0 ? Errno.ELOOP : null;
        OpenModes.Decision decision =
            modes.opened(inode, step, flags, random.nextBoolean(), h -> file);
        requireLegal(seed, live, inode, decision);
        requireRight(seed, live, inode, flags, file, decision);
        Passthrough backing = decision.backingId() == 0 ? null : backing(live, inode, file);
        live.put((long) step, new Live(inode, decision, backing));
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

  /** Returns the file that the kernel uses for an inode: that of the first passing open. */
  private static @Nullable Passthrough backing(
      Map<Long, Live> live, long inode, @Nullable Passthrough own) {
    for (Live other : live.values()) {
      if (other.inode == inode && other.backing != null) {
        return other.backing;
      }
    }
    return own;
  }

  /** Reads and writes by the kernel itself go to the file that was given, writes to no copy. */
  private static void requireRight(
      long seed,
      Map<Long, Live> live,
      long inode,
      int flags,
      @Nullable Passthrough own,
      OpenModes.Decision decision) {
    boolean byItself = (decision.flags() & (PT | DIO)) == PT;
    Passthrough backing = backing(live, inode, own);
    if (byItself) {
      assertThat(own).as("seed %d", seed).isNotNull().isEqualTo(backing);
    }
    if (byItself && own != null && OpenFlags.mayWrite(flags)) {
      assertThat(own.writable()).as("seed %d", seed).isTrue();
    }
  }

  private OpenModes.Decision open(long inode, long handle, int flags) {
    return open(inode, handle, flags, Passthrough.ofFile(9));
  }

  private OpenModes.Decision open(long inode, long handle, int flags, @Nullable Passthrough file) {
    return modes.opened(inode, handle, flags, false, h -> file);
  }

  private record Live(long inode, OpenModes.Decision decision, @Nullable Passthrough backing) {}

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
