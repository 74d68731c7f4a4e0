package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.source.Source;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.model.Operation;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.process.Require;
import io.cachefs.testing.random.Seeds;
import io.cachefs.vfs.SourceVfs;
import io.cachefs.writeback.FirstComeQueue;
import io.cachefs.writeback.MemoryLog;
import io.cachefs.writeback.TinySender;
import io.cachefs.writeback.pending.PendingSettings;
import io.cachefs.writeback.pending.PendingSource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is applied from the log again is what was there when the log had so many records. */
@ExtendWith(Seeds.class)
class PendingReplayTest {
  private static final int STEPS = 150;

  @TempDir Path source;

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  /** What was seen, and waited, after a step. */
  private record State(int records, Map<String, String> tree, List<String> queue) {}

  private static PendingSource over(Source base, MemoryLog log, FirstComeQueue queue)
      throws FsException {
    return new PendingSource(
        base,
        log,
        queue,
        System::nanoTime,
        InstantSource.system(),
        PendingSettings.DEFAULT,
        "test");
  }

  private static Map<String, String> tree(PendingSource pending) throws FsException {
    SourceVfs vfs = SourceVfs.sharing(pending, InstantSource.system(), Duration.ofSeconds(1));
    try (VfsFiles files = new VfsFiles(vfs)) {
      return TreeText.of(files);
    } finally {
      vfs.close();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 0})
  void replay_ofEachPrefix_givesTheStateOfThatMoment(long given) throws Exception {
    long seed = given == 0 ? Seeds.seed() : given;
    OperationGenerator operations = new OperationGenerator(new Random(seed));
    MemoryLog log = new MemoryLog();
    List<State> states = new ArrayList<>();
    try (PosixSource base = PosixSource.open(new LinuxFileCalls(), source, 64);
        PlainFiles plain = new PlainFiles(source)) {
      for (int i = 0; i < STEPS; i++) {
        operations.nextWithoutSlots().outcome(plain);
      }
      FirstComeQueue queue = new FirstComeQueue();
      try (PendingSource pending = over(base, log, queue)) {
        SourceVfs vfs = SourceVfs.sharing(pending, InstantSource.system(), Duration.ofSeconds(1));
        try (VfsFiles files = new VfsFiles(vfs)) {
          for (int step = 0; step < STEPS; step++) {
            Operation operation = operations.next();
            Object unused = operation.outcome(files);
            states.add(new State(log.records().size(), TreeText.of(files), queue.texts()));
          }
        }
        vfs.close();
      }
      for (State state : states) {
        MemoryLog prefix = log.prefix(state.records);
        FirstComeQueue again = new FirstComeQueue();
        try (PendingSource pending = over(base, prefix, again)) {
          prefix.replay(pending);
          assertThat(tree(pending)).as("seed %d at %d", seed, state.records).isEqualTo(state.tree);
          assertThat(again.texts()).as("seed %d at %d", seed, state.records).isEqualTo(state.queue);
        }
      }
    }
  }

  /** What was released, or the first of it, is not there any more, and nobody misses it. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 893096519, 0})
  void replay_ofWhatIsOfUse_givesTheStateOfThatMoment(long given) throws Exception {
    long seed = given == 0 ? Seeds.seed() : given;
    Random random = new Random(seed);
    OperationGenerator operations = new OperationGenerator(random);
    MemoryLog log = new MemoryLog();
    try (PosixSource base = PosixSource.open(new LinuxFileCalls(), source, 64);
        PlainFiles plain = new PlainFiles(source)) {
      FirstComeQueue queue = new FirstComeQueue();
      try (PendingSource pending = over(base, log, queue)) {
        TinySender sender = new TinySender(base, queue, pending.book());
        SourceVfs vfs = SourceVfs.sharing(pending, InstantSource.system(), Duration.ofSeconds(1));
        try (VfsFiles files = new VfsFiles(vfs)) {
          for (int step = 0; step < 2 * STEPS; step++) {
            Object unused = operations.next().outcome(files);
            for (int count = random.nextInt(8) - 5; count > 0; count--) {
              boolean unusedSent = sender.sendOne();
            }
            boolean last = step == 2 * STEPS - 1;
            MemoryLog survivors =
                last ? log.survivors() : log.survivors(random.nextInt(log.released() + 1));
            FirstComeQueue again = new FirstComeQueue();
            try (PendingSource after = over(base, survivors, again)) {
              survivors.replay(after);
              assertThat(tree(after))
                  .as("seed %d at %d: %s", seed, step, log.texts())
                  .isEqualTo(TreeText.of(files));
              if (last) {
                Map<String, String> all = tree(after);
                new TinySender(base, again, after.book()).drain();
                assertThat(TreeText.of(plain)).as("seed %d", seed).isEqualTo(all);
                assertThat(survivors.live()).as("seed %d records", seed).isZero();
              }
            }
          }
        }
        vfs.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 0})
  void replay_afterAnySendingWasCutShort_sendsTheRest(long given) throws Exception {
    long seed = given == 0 ? Seeds.seed() : given;
    Random random = new Random(seed);
    OperationGenerator operations = new OperationGenerator(random);
    MemoryLog log = new MemoryLog();
    try (PosixSource base = PosixSource.open(new LinuxFileCalls(), source, 64);
        PlainFiles plain = new PlainFiles(source)) {
      for (int life = 0; life < 10; life++) {
        log = log.prefix(log.records().size());
        FirstComeQueue queue = new FirstComeQueue();
        try (PendingSource pending = over(base, log, queue)) {
          log.replay(pending);
          Map<String, String> opened = tree(pending);
          SourceVfs vfs = SourceVfs.sharing(pending, InstantSource.system(), Duration.ofSeconds(1));
          try (VfsFiles files = new VfsFiles(vfs)) {
            for (int step = 0; step < STEPS; step++) {
              Object unused = operations.next().outcome(files);
            }
          }
          vfs.close();
          TinySender sender = new TinySender(base, queue, pending.book());
          Map<String, String> all = tree(pending);
          for (int count = random.nextInt(queue.size() + 1); count > 0; count--) {
            sender.sendOne();
            assertThat(tree(pending)).as("seed %d while sending", seed).isEqualTo(all);
          }
          assertThat(opened).isNotNull();
          if (life == 9) {
            sender.drain();
            assertThat(TreeText.of(plain)).as("seed %d", seed).isEqualTo(all);
          }
        }
      }
    }
  }
}
