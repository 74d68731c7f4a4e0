package io.cachefs.writeback.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Errno;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.writeback.journal.JournalException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalTest {
  private static final Settings SMALL = new Settings(24 << 10, Duration.ZERO);

  private final CrashingDisk disk = new CrashingDisk();
  private final List<String> replayed = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();

  private Journal open() throws JournalException {
    replayed.clear();
    places.clear();
    return Journal.open(
        disk,
        Room.UNLIMITED,
        (kind, sequence, head, place) -> {
          replayed.add(
              kind
                  + ":"
                  + sequence
                  + ":"
                  + new String(head, StandardCharsets.UTF_8)
                  + ":"
                  + place.length());
          places.add(place);
        },
        SMALL);
  }

  private static final byte[] PATTERN = new byte[2 << 20];

  static {
    new Random(1).nextBytes(PATTERN);
  }

  /** Returns bytes that differ for each seed. */
  static ByteBuffer bytes(int length, int seed) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(length);
    return bytes.put(0, PATTERN, seed * 7 & 0xfffff, length);
  }

  static ByteBuffer read(Journal journal, Place place) throws JournalException {
    ByteBuffer target = ByteBuffer.allocateDirect(place.length());
    journal.read(place, 0, target);
    return target.flip();
  }

  @Test
  void whatWasAppended_isReplayedInOrder() throws Exception {
    try (Journal journal = open()) {
      Place one = journal.append(1, "one".getBytes(StandardCharsets.UTF_8), ByteBuffer.allocate(0));
      Place two = journal.append(2, "two".getBytes(StandardCharsets.UTF_8), bytes(5000, 1));
      assertThat(two.sequence()).isEqualTo(one.sequence() + 1);
      assertThat(read(journal, two)).isEqualTo(bytes(5000, 1));
      journal.commit(two.sequence());
      assertThat(journal.syncedSequence()).isEqualTo(two.sequence());
    }
    try (Journal journal = open()) {
      assertThat(replayed).containsExactly("1:1:one:0", "2:2:two:5000");
      assertThat(read(journal, places.get(1))).isEqualTo(bytes(5000, 1));
      ByteBuffer part = ByteBuffer.allocate(10);
      journal.read(places.get(1), 4990, part);
      assertThat(part.flip()).isEqualTo(bytes(5000, 1).position(4990));
      assertThat(journal.report().damages()).isEmpty();
      assertThat(journal.report().cutBytes()).isZero();
    }
  }

  @Test
  void appendData_splitsAtTheMost() throws Exception {
    List<byte[]> heads =
        List.of(
            "a".getBytes(StandardCharsets.UTF_8),
            "b".getBytes(StandardCharsets.UTF_8),
            "c".getBytes(StandardCharsets.UTF_8));
    ByteBuffer data = bytes(2 * Journal.MAX_PAYLOAD + 100, 7);
    try (Journal journal = open()) {
      long before = disk.calls();
      List<Place> appended = journal.appendData(3, heads, data, List.of());
      assertThat(disk.calls()).isEqualTo(before + 1);
      assertThat(data.position()).isZero();
      assertThat(appended).extracting(Place::length).containsExactly(131072, 131072, 100);
      for (int i = 0; i < 3; i++) {
        Place place = appended.get(i);
        assertThat(read(journal, place)).isEqualTo(data.slice(i * 131072, place.length()));
      }
    }
    try (Journal journal = open()) {
      assertThat(replayed).containsExactly("3:1:a:131072", "3:2:b:131072", "3:3:c:100");
      assertThat(read(journal, places.get(2))).isEqualTo(data.slice(2 * 131072, 100));
    }
  }

  /** A record that was moved behind what ended it, which is gone then, comes back if released. */
  @Test
  void ended_isNotReplayedThoughItIsThere() throws Exception {
    Place first;
    try (Journal journal = open()) {
      first = journal.append(1, "first".getBytes(StandardCharsets.UTF_8), bytes(10, 1));
      Place released = journal.append(2, "two".getBytes(StandardCharsets.UTF_8), bytes(10, 1));
      List<Place> fillers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        fillers.add(journal.append(3, new byte[0], bytes(8000, i)));
      }
      fillers.forEach(journal::release);
      boolean removed = journal.clean();
      assertThat(removed).isTrue();
      assertThat(journal.status().moved()).isGreaterThanOrEqualTo(2);
      journal.release(released);
      journal.end(List.of(first));
      assertThat(journal.status().liveRecords()).isZero();
    }
    try (Journal journal = open()) {
      assertThat(replayed).contains("2:2:two:10").doesNotContain("1:1:first:10");
      assertThat(journal.status().segments()).isPositive();
    }
  }

  @Test
  void tornEnd_isCut() throws Exception {
    Journal journal = open();
    journal.commit(
        journal.append(1, "kept".getBytes(StandardCharsets.UTF_8), bytes(100, 1)).sequence());
    Place torn = journal.append(1, "torn".getBytes(StandardCharsets.UTF_8), bytes(9000, 2));
    disk.kill();
    byte[] file = disk.bytes("00000001.journal");
    file[file.length - 100] ^= 1;
    disk.put("00000001.journal", file);
    try (Journal again = open()) {
      assertThat(replayed).containsExactly("1:1:kept:100");
      assertThat(again.report().cutBytes()).isGreaterThan(9000);
      assertThat(again.report().damages()).isEmpty();
      Place next = again.append(1, "next".getBytes(StandardCharsets.UTF_8), bytes(10, 3));
      assertThat(next.sequence()).isGreaterThan(torn.sequence() - 1);
    }
    try (Journal again = open()) {
      assertThat(replayed).hasSize(2);
      assertThat(again.report().cutBytes()).isZero();
    }
  }

  @Test
  void damageInTheMiddle_isReportedAndTheRestKept() throws Exception {
    Place middle;
    try (Journal journal = open()) {
      Place unused = journal.append(1, "first".getBytes(StandardCharsets.UTF_8), bytes(100, 1));
      middle = journal.append(1, "middle".getBytes(StandardCharsets.UTF_8), bytes(100, 2));
      unused = journal.append(1, "last".getBytes(StandardCharsets.UTF_8), bytes(100, 3));
    }
    byte[] file = disk.bytes("00000001.journal");
    file[middle.offset() - 3] ^= 1;
    disk.put("00000001.journal", file);
    try (Journal journal = open()) {
      assertThat(replayed).containsExactly("1:1:first:100", "1:3:last:100");
      assertThat(journal.report().damages()).hasSize(1);
      Damage damage = journal.report().damages().get(0);
      assertThat(damage.segment()).isEqualTo(1);
      assertThat(damage.afterSequence()).isEqualTo(1);
    }
  }

  @Test
  void damagedPayload_isNeverRead() throws Exception {
    Place place;
    try (Journal journal = open()) {
      place = journal.append(1, "x".getBytes(StandardCharsets.UTF_8), bytes(100, 1));
    }
    byte[] file = disk.bytes("00000001.journal");
    file[place.offset() + 50] ^= 1;
    disk.put("00000001.journal", file);
    try (Journal journal = open()) {
      assertThatThrownBy(() -> journal.read(place, 0, ByteBuffer.allocate(10)))
          .isInstanceOfSatisfying(
              JournalException.class,
              e -> {
                assertThat(e.kind()).isEqualTo(Kind.DAMAGED);
                assertThat(e.errno()).isEqualTo(Errno.EIO);
              });
      assertThat(journal.status().wrongReads()).isEqualTo(1);
      assertThat(journal.report().damages()).hasSize(1);
    }
  }

  @Test
  void cleaning_movesWhatIsLiveAndRemovesTheRest() throws Exception {
    try (Journal journal = open()) {
      Place kept = journal.append(1, "kept".getBytes(StandardCharsets.UTF_8), bytes(3000, 9));
      for (int i = 0; i < 40; i++) {
        journal.release(journal.append(2, "dead".getBytes(StandardCharsets.UTF_8), bytes(4000, i)));
      }
      assertThat(journal.clean()).isTrue();
      assertThat(journal.status().moved()).isGreaterThanOrEqualTo(1);
      assertThat(read(journal, kept)).isEqualTo(bytes(3000, 9));
      assertThat(journal.status().bytes()).isLessThan(100 << 10);
      assertThat(disk.names()).doesNotContain("00000001.journal");
    }
    try (Journal journal = open()) {
      assertThat(replayed).contains("1:1:kept:3000");
      assertThat(read(journal, places.get(0))).isEqualTo(bytes(3000, 9));
      journal.release(places.get(0));
      for (Place place : places) {
        journal.release(place);
      }
      assertThat(journal.status().liveBytes()).isZero();
      for (int i = 0; i < 8; i++) {
        journal.release(journal.append(2, "dead".getBytes(StandardCharsets.UTF_8), bytes(4000, i)));
      }
      assertThat(journal.clean()).isTrue();
      assertThat(journal.status().segments()).isEqualTo(1);
      assertThatThrownBy(() -> read(journal, places.get(0)))
          .isInstanceOfSatisfying(
              JournalException.class, e -> assertThat(e.kind()).isEqualTo(Kind.GONE));
    }
  }

  @Test
  void failedSync_endsAllPromises() throws Exception {
    try (Journal journal = open()) {
      Place safe = journal.append(1, "safe".getBytes(StandardCharsets.UTF_8), bytes(10, 1));
      journal.commit(safe.sequence());
      Place lost = journal.append(1, "lost".getBytes(StandardCharsets.UTF_8), bytes(10, 2));
      disk.failSyncs(Errno.EIO);
      assertThatThrownBy(() -> journal.commit(lost.sequence()))
          .isInstanceOfSatisfying(
              JournalException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FAILED));
      disk.failSyncs(null);
      assertThatThrownBy(
              () -> journal.append(1, "more".getBytes(StandardCharsets.UTF_8), bytes(10, 3)))
          .hasMessageContaining("journal failed: sync");
      assertThatThrownBy(() -> journal.commit(lost.sequence())).hasMessageContaining("failed");
      journal.commit(safe.sequence());
      assertThat(read(journal, lost)).isEqualTo(bytes(10, 2));
      assertThat(journal.status().lastError()).contains("sync");
    }
  }

  @Test
  void newerFormat_isRefused() throws Exception {
    disk.put(
        "00000001.journal",
        array(new SegmentHeader(SegmentHeader.VERSION + 1, 1, 5, 1, 0, 0).encoded()));
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            JournalException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NEWER_FORMAT));
  }

  /** The bytes of all segments, and a page for what the last page of each leaves unused. */
  private static long taken(Journal journal) {
    return journal.status().bytes() + 4096L * journal.status().segments();
  }

  @Test
  void room_isAskedBeforeAndGivenBack() throws Exception {
    CountedRoom room = new CountedRoom(60_000);
    Journal journal = Journal.open(disk, room, (kind, sequence, head, place) -> {}, SMALL);
    List<Place> appended = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 100; i++) {
                appended.add(journal.append(1, new byte[10], bytes(4000, i)));
              }
            })
        .isInstanceOfSatisfying(
            JournalException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.FULL);
              assertThat(e.errno()).isEqualTo(Errno.ENOSPC);
            });
    assertThat(room.used()).isEqualTo(taken(journal));
    Place end = journal.append(2, new byte[10], bytes(0, 0), appended);
    journal.release(end);
    assertThat(journal.append(1, new byte[10], bytes(4000, 1)).length()).isEqualTo(4000);
    assertThat(room.used()).isEqualTo(taken(journal));
    journal.close();
    CountedRoom found = new CountedRoom(0);
    try (Journal again = Journal.open(disk, found, (kind, sequence, head, place) -> {}, SMALL)) {
      assertThat(found.used()).isEqualTo(taken(again));
    }
  }

  @Test
  void realDirectory_holdsAJournal(@TempDir Path directory) throws Exception {
    Path path = directory.resolve("journal");
    for (int round = 0; round < 3; round++) {
      int rounds = round;
      List<Place> found = new ArrayList<>();
      try (DirectoryDisk real = DirectoryDisk.open(new LinuxFileCalls(), path);
          Journal journal =
              Journal.open(
                  real, Room.UNLIMITED, (kind, sequence, head, place) -> found.add(place), SMALL)) {
        assertThat(found).hasSize(20 * rounds);
        for (int i = 0; i < found.size(); i++) {
          assertThat(read(journal, found.get(i))).isEqualTo(bytes(4000, i));
        }
        for (int i = 0; i < 20; i++) {
          found.add(journal.append(1, new byte[20], bytes(4000, 20 * rounds + i)));
        }
        journal.commit(journal.lastSequence());
      }
    }
  }

  static byte[] array(ByteBuffer bytes) {
    byte[] array = new byte[bytes.remaining()];
    bytes.duplicate().get(array);
    return array;
  }
}
