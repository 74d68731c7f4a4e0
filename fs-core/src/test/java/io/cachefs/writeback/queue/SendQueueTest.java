package io.cachefs.writeback.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.testing.concurrent.Parallel;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SendQueueTest {
  private static final long SOON = TimeUnit.SECONDS.toNanos(60);

  private long now;
  private final SendQueue queue = new SendQueue(() -> now);

  private static Operation.Place place(long directory, String name) throws FsException {
    return new Operation.Place(directory, Name.of(name));
  }

  private static Operation operation(long sequence, Kind kind, long makes, long node, Object... at)
      throws FsException {
    return new Operation(
        sequence,
        kind,
        makes,
        node == 0 ? List.of() : List.of(node),
        List.of(place((long) at[0], (String) at[1])));
  }

  private void takes(long... sequences) throws InterruptedException {
    for (long sequence : sequences) {
      Operation operation = Objects.requireNonNull(queue.take(0));
      assertThat(operation.sequence()).isEqualTo(sequence);
    }
    assertThat(queue.take(0)).isNull();
  }

  @Test
  void journalOfADatabase_isThereBeforeAndGoneAfterTheChange()
      throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 100, 0, 1L, "journal"), 0);
    queue.add(operation(2, Kind.CHANGE, 0, 101, 1L, "database"), 0);
    queue.add(operation(3, Kind.REMOVE, 0, 100, 1L, "journal"), 0);
    takes(1);
    queue.done(1);
    takes(2);
    queue.done(2);
    takes(3);
  }

  @Test
  void newFilesOfADirectory_waitForItAndThenForNothing() throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 10, 0, 1L, "directory"), 0);
    queue.add(operation(2, Kind.ADD, 11, 0, 10L, "a"), 0);
    queue.add(operation(3, Kind.ADD, 12, 0, 10L, "b"), 0);
    queue.add(new Operation(4, Kind.LAST, 0, List.of(10L), List.of()), 0);
    queue.add(operation(5, Kind.ADD, 13, 0, 10L, "c"), 0);
    takes(1);
    queue.done(1);
    takes(2, 3, 5);
    queue.done(2);
    queue.done(3);
    takes();
    queue.done(5);
    takes(4);
  }

  @Test
  void directory_isRemovedAfterWhatWasInIt() throws Exception, InterruptedException {
    queue.add(operation(1, Kind.REMOVE, 0, 11, 10L, "a"), 0);
    queue.add(operation(2, Kind.REMOVE, 0, 12, 10L, "b"), 0);
    queue.add(operation(3, Kind.REMOVE, 0, 10, 1L, "directory"), 0);
    takes(1, 2);
    queue.done(1);
    takes();
    queue.done(2);
    takes(3);
  }

  @Test
  void hurry_goesThroughAllThatIsWaitedFor() throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 10, 0, 1L, "directory"), 1000);
    queue.add(operation(2, Kind.ADD, 11, 0, 10L, "a"), 2000);
    queue.add(operation(3, Kind.ADD, 12, 0, 10L, "b"), 500);
    takes();
    queue.hurry(2);
    takes(1);
    queue.done(1);
    takes(2);
    now = 500;
    takes(3);
  }

  @Test
  void failed_isTakenAgainThen_andHoldsUpOnlyWhatWaitsForIt()
      throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 10, 0, 1L, "a"), 0);
    queue.add(operation(2, Kind.ADD, 11, 0, 1L, "b"), 0);
    queue.add(operation(3, Kind.CHANGE, 0, 10, 2L, "c"), 0);
    takes(1, 2);
    queue.retryAt(1, 50);
    queue.done(2);
    takes();
    assertThat(queue.cancel(1)).as("a part of it may be at the source").isFalse();
    assertThat(queue.isWaiting(1)).isTrue();
    now = 50;
    takes(1);
    queue.giveBack(1, 60);
    now = 60;
    takes(1);
    queue.done(1);
    takes(3);
    assertThatThrownBy(() -> queue.done(1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void take_wakesWhenSomethingComesOrEnds() throws Exception, InterruptedException {
    SendQueue real = new SendQueue(System::nanoTime);
    new Parallel()
        .add(
            4,
            number -> {
              for (int i = 0; i < 50; i++) {
                Operation taken = Objects.requireNonNull(real.take(SOON));
                real.done(taken.sequence());
              }
              assertThat(real.awaitEmpty(SOON)).isTrue();
            })
        .add(
            () -> {
              for (int i = 1; i <= 200; i++) {
                long delay = i % 3 * TimeUnit.MILLISECONDS.toNanos(2);
                real.add(operation(i, Kind.CHANGE, 0, 5, 1L, "a"), System.nanoTime() + delay);
                if (i % 10 == 0) {
                  assertThat(real.awaitGone(i - 5, SOON)).isTrue();
                }
              }
            })
        .run();
    new Parallel().add(2, number -> assertThat(real.take(SOON)).isNull()).add(real::stop).run();
  }

  @Test
  void pause_givesNothingOut() throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 10, 0, 1L, "a"), 0);
    queue.pause();
    takes();
    assertThat(queue.status()).isEqualTo(new SendQueue.Status(1, 1, 0, true));
    queue.resume();
    takes(1);
    assertThat(queue.awaitGone(1, 1)).isFalse();
    assertThatThrownBy(() -> queue.add(operation(1, Kind.ADD, 11, 0, 1L, "b"), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Few bytes for each, and no scan of a directory. */
  @Test
  void manyOperations_takeLittleMemoryAndTime() throws Exception, InterruptedException {
    int count = 300_000;
    for (Kind kind : List.of(Kind.ADD, Kind.REMOVE, Kind.CHANGE)) {
      Operation[] operations = new Operation[count];
      for (int i = 0; i < count; i++) {
        long makes = kind == Kind.ADD ? 1000 + i : 0;
        operations[i] = operation(i + 1L, kind, makes, 1000 + i, (long) i % 3, "file" + i);
      }
      SendQueue many = new SendQueue(() -> 0);
      long before = usedBytes();
      long start = System.nanoTime();
      for (Operation operation : operations) {
        many.add(operation, 0);
      }
      long perOperation = (usedBytes() - before) / count;
      int cancelled = 0;
      for (int i = 0; i < count; i++) {
        if (i % 3 == 1) {
          cancelled += many.cancel(i + 1) ? 1 : 0;
        }
      }
      assertThat(cancelled).isEqualTo(count / 3);
      Operation taken;
      while ((taken = many.take(0)) != null) {
        many.done(taken.sequence());
      }
      assertThat(many.awaitEmpty(0)).isTrue();
      System.out.printf(
          "%s: %d bytes, %d ns for each operation%n",
          kind, perOperation, (System.nanoTime() - start) / count);
      assertThat(perOperation).isLessThan(170);
      assertThat(System.nanoTime() - start).isLessThan(SOON);
    }
  }

  private static long usedBytes() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void putOffAgainAndAgain_isSentAfterAWhileAllTheSame() throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 10, 0, 1L, "log"), SOON);
    for (int i = 0; i < 9; i++) {
      now += SOON / 2;
      assertThat(queue.postpone(1, now + SOON, 5 * SOON)).isTrue();
      takes();
    }
    assertThat(queue.ageNanos()).isEqualTo(now);
    now += SOON / 2;
    takes(1);
    queue.done(1);
    assertThat(queue.ageNanos()).isZero();
    assertThat(queue.size()).isZero();
  }

  @Test
  void rushed_givesOutWhatWouldWait_butNotWhatFailed() throws Exception, InterruptedException {
    queue.add(operation(1, Kind.ADD, 10, 0, 1L, "a"), 0);
    takes(1);
    queue.retryAt(1, 2 * SOON);
    queue.add(operation(2, Kind.ADD, 11, 0, 1L, "b"), SOON);
    takes();
    queue.rush(true);
    takes(2);
    queue.done(2);
    queue.rush(false);
    queue.add(operation(3, Kind.ADD, 12, 0, 1L, "c"), SOON);
    takes();
  }
}
