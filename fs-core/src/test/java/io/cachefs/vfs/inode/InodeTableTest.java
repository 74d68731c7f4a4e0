package io.cachefs.vfs.inode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import io.cachefs.testing.concurrent.Parallel;
import java.time.Instant;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InodeTableTest {
  private final InodeTable table = new InodeTable(node(0));

  private record Node(FileId id) implements SourceNode {
    @Override
    public int type() {
      return Mode.REGULAR;
    }

    @Override
    public void absorb(SourceNode other) {
      assertThat(other.id()).isEqualTo(id);
    }
  }

  private static SourceNode node(long number) {
    return new Node(new FileId(1, number, 0));
  }

  /** Counts how many of its kind are open. */
  private record CountingPin(FileId id, AtomicInteger open) implements Pin {
    CountingPin {
      open.incrementAndGet();
    }

    @Override
    public void attach(SourceNode node) {
      assertThat(node.id()).isEqualTo(id);
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }

  @Test
  void root_isInodeOneAndIsNeverForgotten() throws FsException {
    table.forget(1, 100);
    table.clear();

    assertThat(table.get(1).node().id()).isEqualTo(node(0).id());
    assertThat(table.reference(node(0)).id()).isEqualTo(1);
  }

  @Test
  void reference_ofOneFileTwice_givesOneNumber() throws FsException {
    Inode first = table.reference(node(7));
    Inode second = table.reference(node(7));

    assertThat(second).isSameAs(first);
    table.forget(first.id(), 1);
    assertThat(table.get(first.id())).isSameAs(first);
  }

  @Test
  void get_afterTheLastForget_isStale() {
    Inode inode = table.reference(node(7));
    Inode again = table.reference(node(7));
    assertThat(again).isSameAs(inode);

    table.forget(inode.id(), 2);

    assertThatThrownBy(() -> table.get(inode.id())).hasMessageContaining("ESTALE");
    assertThat(table.find(node(7).id())).isNull();
    assertThat(table.size()).isEqualTo(1);
  }

  @Test
  void forget_ofMoreThanWasGiven_doesNotTouchTheNextInode() throws FsException {
    Inode old = table.reference(node(7));
    table.forget(old.id(), 5);
    Inode next = table.reference(node(7));

    table.forget(old.id(), 5);

    assertThat(next.id()).isNotEqualTo(old.id());
    assertThat(table.get(next.id())).isSameAs(next);
  }

  @Test
  void sameContentAs_isSureOnlyOfWhatDidNotChangeLately() {
    Inode inode = table.reference(node(7));
    Instant soon = Instant.ofEpochSecond(1000);
    Instant later = soon.plusSeconds(60);

    assertThat(inode.sameContentAs(changedAt(1000, 5), soon)).isFalse();
    assertThat(inode.sameContentAs(changedAt(1000, 5), later)).isFalse();
    assertThat(inode.sameContentAs(changedAt(1000, 5), later)).isTrue();
    assertThat(inode.sameContentAs(changedAt(1000, 6), later)).isFalse();
    assertThat(inode.sameContentAs(changedAt(1001, 6), later)).isFalse();
    assertThat(inode.sameContentAs(changedAt(1001, 6), later)).isTrue();
  }

  private static Attributes changedAt(long seconds, long size) {
    Timestamp time = new Timestamp(seconds, 0);
    int mode = Mode.REGULAR;
    return new Attributes(1, 7, mode, 1, 0, 0, 0, size, 8, 4096, time, time, time, null);
  }

  @Test
  void keep_ofSeveralPins_closesAllButOneAtOnceAndThatOneWithTheInode() {
    AtomicInteger open = new AtomicInteger();
    Inode inode = table.reference(node(7));

    inode.keep(new CountingPin(node(7).id(), open));
    inode.keep(new CountingPin(node(7).id(), open));
    assertThat(open).hasValue(1);
    table.forget(inode.id(), 1);

    assertThat(open).hasValue(0);
    inode.keep(new CountingPin(node(7).id(), open));
    assertThat(open).hasValue(0);
  }

  @Test
  void referenceAndForget_byManyThreads_neverYieldADeadNumberAndBalance() {
    AtomicInteger pins = new AtomicInteger();
    Parallel.run(
        8,
        thread -> {
          Random random = new Random(thread);
          for (int i = 0; i < 20_000; i++) {
            SourceNode file = node(1 + random.nextInt(3));
            Inode inode = table.reference(file);
            assertThat(table.get(inode.id())).isSameAs(inode);
            assertThat(inode.node().id()).isEqualTo(file.id());
            if (random.nextInt(10) == 0) {
              inode.keep(new CountingPin(file.id(), pins));
            }
            table.forget(inode.id(), 1);
          }
        });
    assertThat(table.size()).isEqualTo(1);
    assertThat(pins).hasValue(0);
  }
}
