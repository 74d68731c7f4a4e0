package io.cachefs.writeback.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.random.Seeds;
import io.cachefs.writeback.queue.QueueModel.Item;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Random histories against {@link QueueModel}. */
@ExtendWith(Seeds.class)
class SendQueueModelTest {
  /** One history. */
  private static final class History {
    private final Random random;
    private final int nodes;
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 500);
    private final SendQueue queue = new SendQueue(now::get);
    private final QueueModel model = new QueueModel();
    private long sequence;
    private boolean paused;

    History(Random random) {
      this.random = random;
      this.nodes = 1 + random.nextInt(12);
    }

    void step() throws Exception {
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4 -> add();
        case 5, 6, 7 -> take();
        case 8, 9, 10 -> end();
        case 11 -> cancel();
        case 12 -> replace();
        case 13 -> postpone();
        case 14 -> hurry();
        default -> other();
      }
      check();
    }

    private long time() {
      // Clocks may pass the largest number.
      return now.get() + random.nextInt(30) - 10;
    }

    private void add() throws Exception {
      Item item = new Item(QueueModel.random(random, ++sequence, nodes), time());
      queue.add(item.operation, item.notBefore);
      model.items.put(sequence, item);
    }

    private boolean isDue(Item item) {
      return model.isFree(item) && (item.hurried || item.notBefore - now.get() <= 0);
    }

    private void take() throws InterruptedException {
      List<Item> due = model.items.values().stream().filter(this::isDue).toList();
      Operation taken = queue.take(0);
      if (paused || due.isEmpty()) {
        assertThat(taken).isNull();
        return;
      }
      assertThat(due.stream().map(item -> item.operation)).contains(taken);
      Item item = Objects.requireNonNull(model.items.get(Objects.requireNonNull(taken).sequence()));
      if (due.stream().anyMatch(each -> each.hurried)) {
        assertThat(item.hurried).isTrue();
      }
      item.taken = true;
    }

    private @Nullable Item any(boolean taken) {
      List<Item> some = model.items.values().stream().filter(i -> i.taken == taken).toList();
      return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
    }

    private void end() {
      Item item = any(true);
      if (item == null) {
        return;
      }
      int how = random.nextInt(6);
      if (how > 1) {
        queue.done(item.operation.sequence());
        model.items.remove(item.operation.sequence());
        return;
      }
      item.taken = false;
      item.hurried = false;
      item.notBefore = time();
      if (how == 0) {
        item.tried = true;
        queue.retryAt(item.operation.sequence(), item.notBefore);
      } else {
        queue.giveBack(item.operation.sequence(), item.notBefore);
      }
    }

    private void cancel() {
      long wanted = 1L + random.nextInt((int) sequence + 1);
      Item item = model.items.get(wanted);
      boolean possible = item != null && !item.taken && !item.tried;
      assertThat(queue.cancel(wanted)).isEqualTo(possible);
      if (possible) {
        model.items.remove(wanted);
      }
    }

    private void replace() throws Exception {
      long wanted = 1L + random.nextInt((int) sequence + 1);
      Item item = model.items.get(wanted);
      boolean possible = item != null && !item.taken && !item.tried && !model.isAwaited(item);
      Item later = new Item(QueueModel.random(random, ++sequence, nodes), time());
      assertThat(queue.replace(wanted, later.operation, later.notBefore)).isEqualTo(possible);
      if (possible) {
        model.items.remove(wanted);
        model.items.put(sequence, later);
      }
    }

    private void postpone() {
      Item item = any(false);
      if (item != null) {
        item.notBefore = time();
        assertThat(queue.postpone(item.operation.sequence(), item.notBefore)).isTrue();
      }
    }

    private void hurry() {
      if (random.nextInt(4) == 0) {
        queue.hurryAll();
        model.items.values().forEach(item -> item.hurried |= !item.taken && !item.tried);
        return;
      }
      long wanted = 1L + random.nextInt((int) sequence + 1);
      queue.hurry(wanted);
      model.hurry(model.items.get(wanted), new HashSet<>());
    }

    private void other() {
      if (random.nextInt(4) == 0) {
        paused = !paused;
        if (paused) {
          queue.pause();
        } else {
          queue.resume();
        }
      } else {
        now.addAndGet(random.nextInt(20));
      }
    }

    private void check() {
      int free = (int) model.items.values().stream().filter(model::isFree).count();
      int taken = (int) model.items.values().stream().filter(item -> item.taken).count();
      assertThat(queue.status())
          .isEqualTo(new SendQueue.Status(model.items.size(), free, taken, paused));
    }

    /** Everything that is left can be sent. */
    void drain() throws InterruptedException {
      queue.resume();
      paused = false;
      now.addAndGet(100);
      while (!model.items.isEmpty()) {
        int before = model.items.size();
        take();
        Item item = Objects.requireNonNull(any(true), "something can be sent of " + before);
        queue.done(item.operation.sequence());
        model.items.remove(item.operation.sequence());
        check();
      }
      assertThat(queue.awaitEmpty(0)).isTrue();
    }
  }

  @Test
  void randomHistories_offerExactlyWhatWaitsForNothing() throws Exception {
    Random random = Seeds.random("queue histories");
    for (int i = 0; i < 300; i++) {
      History history = new History(random);
      for (int step = 0; step < 200; step++) {
        history.step();
      }
      history.drain();
    }
  }

  /** When an operation was taken and when it went. */
  private record Times(long taken, long gone) {}

  @Test
  void eightThreads_neverSendOutOfOrder_andLoseNothing() throws Exception {
    for (int round = 0; round < 4; round++) {
      int nodes = 10 << round;
      Random random = Seeds.random("threads " + round);
      SendQueue queue = new SendQueue(System::nanoTime);
      AtomicLong stamps = new AtomicLong();
      Map<Long, Long> first = new ConcurrentHashMap<>();
      Map<Long, Times> sent = new ConcurrentHashMap<>();
      Map<Long, Operation> added = new ConcurrentHashMap<>();
      Map<Long, Long> cancelled = new ConcurrentHashMap<>();
      AtomicBoolean adding = new AtomicBoolean(true);
      new Parallel()
          .add(
              () -> {
                for (long i = 1; i <= 1500; i++) {
                  Operation operation = QueueModel.random(random, i, nodes);
                  added.put(i, operation);
                  long some = 1L + random.nextInt((int) i);
                  long time = System.nanoTime() + random.nextInt(1_000_000);
                  long stamp = stamps.incrementAndGet();
                  if (random.nextInt(8) == 0 && queue.replace(some, operation, time)) {
                    cancelled.put(some, stamp);
                  } else {
                    queue.add(operation, time);
                  }
                  long stampBefore = stamps.incrementAndGet();
                  if (random.nextInt(8) == 0 && queue.cancel(some)) {
                    cancelled.put(some, stampBefore);
                  }
                  if (random.nextInt(20) == 0) {
                    queue.hurry(some);
                  }
                }
                assertThat(queue.awaitEmpty(TimeUnit.SECONDS.toNanos(120))).isTrue();
                adding.set(false);
                queue.stop();
              })
          .add(
              8,
              number -> {
                Random own = Seeds.random("taker " + number);
                while (adding.get()) {
                  Operation operation = queue.take(TimeUnit.SECONDS.toNanos(60));
                  if (operation == null) {
                    continue;
                  }
                  long stamp = stamps.incrementAndGet();
                  first.putIfAbsent(operation.sequence(), stamp);
                  if (own.nextInt(5) == 0) {
                    queue.retryAt(operation.sequence(), System.nanoTime() + own.nextInt(100_000));
                    continue;
                  }
                  if (own.nextInt(3) == 0) {
                    LockSupport.parkNanos(1_000);
                  }
                  sent.put(
                      operation.sequence(),
                      new Times(first.get(operation.sequence()), stamps.incrementAndGet()));
                  queue.done(operation.sequence());
                }
              })
          .run();
      check(added, sent, cancelled);
    }
  }

  private static void check(
      Map<Long, Operation> added, Map<Long, Times> sent, Map<Long, Long> cancelled) {
    assertThat(sent.size() + cancelled.size()).as(Seeds.hint()).isEqualTo(added.size());
    assertThat(cancelled.keySet()).doesNotContainAnyElementsOf(sent.keySet());
    List<Operation> ordinary =
        added.values().stream()
            .filter(operation -> operation.kind() != Kind.LAST)
            .sorted((a, b) -> Long.compare(a.sequence(), b.sequence()))
            .collect(Collectors.toCollection(ArrayList::new));
    for (int i = 0; i < ordinary.size(); i++) {
      Times later = sent.get(ordinary.get(i).sequence());
      for (int j = 0; later != null && j < i; j++) {
        if (QueueModel.waits(ordinary.get(i), ordinary.get(j))) {
          Times earlier = sent.get(ordinary.get(j).sequence());
          Long away = cancelled.get(ordinary.get(j).sequence());
          long end = earlier != null ? earlier.gone() : away == null ? Long.MAX_VALUE : away;
          assertThat(end)
              .as("%s before %s, %s", ordinary.get(j), ordinary.get(i), Seeds.hint())
              .isLessThan(later.taken());
        }
      }
    }
  }
}
