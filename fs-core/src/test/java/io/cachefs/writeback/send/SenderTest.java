package io.cachefs.writeback.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.testing.random.Seeds;
import io.cachefs.testing.tree.TreeSnapshot;
import io.cachefs.writeback.queue.Operation;
import io.cachefs.writeback.queue.SendQueue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is sent makes the source equal to what is here, whatever fails on the way. */
@ExtendWith(Seeds.class)
class SenderTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(120);

  @TempDir private Path scratch;

  static SendSettings settings(int flushers) {
    return new SendSettings(
        flushers,
        ConflictPolicy.KEEP_BOTH,
        "host",
        "c1",
        true,
        false,
        Duration.ofMillis(1),
        Duration.ofMillis(4));
  }

  private Path directory(String name) throws IOException {
    return Files.createDirectories(scratch.resolve(name));
  }

  /** Sends until all is sent or the calls are dead; returns whether all is sent. */
  private static boolean live(TwoTrees trees, SomeCalls calls, int flushers)
      throws InterruptedException {
    SendQueue queue = new SendQueue(System::nanoTime);
    for (Operation operation : trees.left()) {
      queue.add(operation, System.nanoTime());
    }
    try (Sender sender =
        new Sender(
            trees.source,
            queue,
            trees,
            settings(flushers),
            System::nanoTime,
            InstantSource.system())) {
      sender.start();
      long end = System.nanoTime() + LONG;
      while (!queue.awaitEmpty(TimeUnit.MILLISECONDS.toNanos(5)) && !calls.isDead()) {
        assertThat(System.nanoTime() - end)
            .as("%s %s", sender.status(), sender.failures())
            .isNegative();
      }
      return queue.status().all() == 0;
    }
  }

  private TwoTrees trees(String name, SomeCalls calls, Random random, int steps)
      throws IOException, FsException {
    TwoTrees trees =
        new TwoTrees(directory("here" + name), directory("there" + name), calls.calls(), random);
    for (int i = 0; i < steps; i++) {
      trees.step();
    }
    trees.finish();
    return trees;
  }

  private void assertSame(String name, TwoTrees trees, Object how) {
    assertThat(
            TreeSnapshot.of(scratch.resolve("here" + name))
                .diff(TreeSnapshot.of(scratch.resolve("there" + name))))
        .as("%s, %s", how, Seeds.hint())
        .isEmpty();
    assertThat(trees.receipts())
        .as("%s, %s", how, Seeds.hint())
        .noneMatch(receipt -> receipt.given() || receipt.conflict() != null);
  }

  @Test
  void randomChanges_sentByEightThreads_makeTheSourceEqual()
      throws Exception, InterruptedException {
    for (int round = 0; round < 6; round++) {
      SomeCalls calls = new SomeCalls();
      String name = "parallel" + round;
      try (TwoTrees trees = trees(name, calls, Seeds.random(name), 300)) {
        assertThat(live(trees, calls, 8)).isTrue();
        assertSame(name, trees, "round " + round);
      }
    }
  }

  @Test
  void aCallThatFailsOrIsTheLast_atAnyPlace_changesNothingInTheEnd()
      throws Exception, InterruptedException {
    Random order = Seeds.random("fault order");
    for (SomeCalls.Fault fault : SomeCalls.Fault.values()) {
      int calls = 1;
      for (int n = 0; n < calls; n += 1 + order.nextInt(20)) {
        calls = runWithFault(fault, n);
      }
    }
  }

  private int runWithFault(SomeCalls.Fault fault, int number)
      throws Exception, InterruptedException {
    SomeCalls calls = new SomeCalls();
    String name = fault + "-" + number;
    try (TwoTrees trees = trees(name, calls, Seeds.random("history of faults"), 60)) {
      calls.restart(number, fault);
      boolean sent = live(trees, calls, 1);
      assertThat(sent || fault.kills()).isTrue();
      int count = calls.count();
      calls.restart(-1, fault);
      assertThat(live(trees, calls, 2)).as("%s at %d, %s", fault, number, Seeds.hint()).isTrue();
      assertSame(name, trees, fault + " at call " + number);
      return fault.kills() ? count + 60 : count;
    }
  }

  @Test
  void manyDeaths_byEightThreads_changeNothingInTheEnd() throws Exception, InterruptedException {
    Random random = Seeds.random("deaths");
    for (int round = 0; round < 2; round++) {
      SomeCalls calls = new SomeCalls();
      String name = "deaths" + round;
      try (TwoTrees trees = trees(name, calls, random, 150)) {
        SomeCalls.Fault[] faults = SomeCalls.Fault.values();
        boolean sent = false;
        while (!sent) {
          calls.restart(20 + random.nextInt(150), faults[random.nextInt(faults.length)]);
          sent = live(trees, calls, 8);
        }
        calls.restart(-1, SomeCalls.Fault.FAIL_BEFORE);
        assertSame(name, trees, "round " + round);
      }
    }
  }
}
