package io.cachefs.writeback.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A process that appends is killed again and again; threads use one journal at the same time. */
@ExtendWith(Seeds.class)
final class JournalKillTest {
  private static final int ROUNDS = 20;
  private static final Settings SETTINGS = new Settings(1 << 20, Duration.ofMillis(20));

  @TempDir Path directory;

  /** What is appended: the number is in the head, and the payload depends on it. */
  static Place append(Journal journal, int number) throws JournalException {
    byte[] head = Integer.toString(number).getBytes(StandardCharsets.UTF_8);
    return journal.append(1, head, JournalTest.bytes(number * 37 % 20_000, number));
  }

  /** Appends without end, and says what was appended. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) throws Exception {
      DirectoryDisk disk = DirectoryDisk.open(new LinuxFileCalls(), Path.of(args[0]));
      Journal journal = Journal.open(disk, Room.UNLIMITED, (k, s, h, p) -> {}, SETTINGS);
      for (int number = Integer.parseInt(args[1]); ; number++) {
        Place place = append(journal, number);
        System.out.println("appended " + number + " ");
        if (number % 50 == 0) {
          journal.commit(place.sequence());
        }
      }
    }
  }

  @Test
  void killed_keepsWhatWasAppended() throws Exception {
    Random random = Seeds.random("journal kill");
    int next = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int acknowledged;
      try (ChildProcess child =
          ChildProcess.java(Child.class, directory.resolve("j").toString(), "" + next)) {
        child.awaitLine("appended", Duration.ofMinutes(1));
        LockSupport.parkNanos(random.nextInt(60_000_000));
        child.kill();
        acknowledged = lastOf(child.output());
      }
      List<Integer> numbers = new ArrayList<>();
      List<Place> places = new ArrayList<>();
      try (DirectoryDisk disk = DirectoryDisk.open(new LinuxFileCalls(), directory.resolve("j"));
          Journal journal =
              Journal.open(
                  disk,
                  Room.UNLIMITED,
                  (kind, sequence, head, place) -> {
                    numbers.add(Integer.parseInt(new String(head, StandardCharsets.UTF_8)));
                    places.add(place);
                  },
                  SETTINGS)) {
        assertThat(journal.report().damages()).isEmpty();
        assertThat(numbers).hasSizeGreaterThan(acknowledged - next);
        for (int i = 0; i < numbers.size(); i++) {
          // They follow each other up to the last one.
          assertThat(numbers.get(i)).isEqualTo(next + i);
          assertThat(JournalTest.read(journal, places.get(i)))
              .isEqualTo(JournalTest.bytes(numbers.get(i) * 37 % 20_000, numbers.get(i)));
          journal.release(places.get(i));
        }
        next += numbers.size();
        Place unused = append(journal, next);
        journal.release(unused);
      }
      emptyDirectory();
    }
  }

  /** Removes what is left, so that each round begins with an empty journal. */
  private void emptyDirectory() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("j"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  private static int lastOf(List<String> output) {
    int last = -1;
    for (String line : output) {
      // A line that was being written when the process died does not end in a space.
      if (line.startsWith("appended ") && line.endsWith(" ")) {
        last = Math.max(last, Integer.parseInt(line.substring(9).strip()));
      }
    }
    return last;
  }

  @Test
  void manyThreads_findWhatTheyAppended() throws Exception {
    List<Place> kept = new ArrayList<>();
    try (DirectoryDisk disk = DirectoryDisk.open(new LinuxFileCalls(), directory.resolve("many"));
        Journal journal = Journal.open(disk, Room.UNLIMITED, (k, s, h, p) -> {}, SETTINGS)) {
      Parallel.run(
          16,
          thread -> {
            Random random = Seeds.random("thread " + thread);
            List<Place> mine = new ArrayList<>();
            List<Integer> numbers = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
              int number = thread * 1000 + i;
              mine.add(append(journal, number));
              numbers.add(number);
              if (random.nextInt(10) == 0) {
                journal.commit(mine.get(mine.size() - 1).sequence());
              }
              int any = random.nextInt(mine.size());
              assertThat(JournalTest.read(journal, mine.get(any)))
                  .isEqualTo(JournalTest.bytes(numbers.get(any) * 37 % 20_000, numbers.get(any)));
              if (mine.size() > 20) {
                journal.release(mine.remove(any));
                int unused = numbers.remove(any);
              }
            }
            synchronized (kept) {
              kept.addAll(mine);
            }
          });
      boolean unused = journal.clean();
      assertThat(journal.status().bytes()).isLessThan(2 * journal.status().liveBytes() + (4 << 20));
      assertThat(journal.status().liveRecords()).isEqualTo(kept.size());
      assertThat(journal.status().lastError()).isNull();
    }
    List<Long> found = new ArrayList<>();
    try (DirectoryDisk disk = DirectoryDisk.open(new LinuxFileCalls(), directory.resolve("many"));
        Journal journal =
            Journal.open(disk, Room.UNLIMITED, (k, s, h, p) -> found.add(s), SETTINGS)) {
      assertThat(found).containsAll(kept.stream().map(Place::sequence).toList());
      assertThat(journal.report().damages()).isEmpty();
    }
  }
}
