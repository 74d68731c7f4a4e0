package io.cachefs.writeback.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A generated life of a journal, and what has to be in it after a crash. Owned by one thread. */
final class History {
  private static final Settings SETTINGS = new Settings(40 << 10, Duration.ZERO);

  /** One record as it was appended. */
  private static final class Appended {
    final int kind;
    final byte[] head;
    final ByteBuffer payload;
    final List<Appended> ended;
    @Nullable Place place;

    /** What ended it, if something did. */
    @Nullable Appended endedBy;

    boolean released;

    /** The number of the note that ended it for good, or 0. */
    long noted;

    Appended(int kind, byte[] head, ByteBuffer payload, List<Appended> ended) {
      this.kind = kind;
      this.head = head;
      this.payload = payload;
      this.ended = ended;
    }

    boolean isDead() {
      return released || endedBy != null || noted > 0;
    }

    String text() {
      return kind + new String(head, StandardCharsets.ISO_8859_1);
    }
  }

  private final CrashingDisk disk;
  private final Random random;

  /** What was acknowledged, by sequence. */
  private final TreeMap<Long, Appended> records = new TreeMap<>();

  /** What was being appended when the system stopped. */
  private List<Appended> pending = List.of();

  /** What was being ended when the system stopped. */
  private List<Appended> ending = List.of();

  private long committed;
  private int made;
  private @Nullable Journal journal;

  History(CrashingDisk disk, Random random) {
    this.disk = disk;
    this.random = random;
  }

  /** Opens the journal and checks what is in it. */
  void open() throws JournalException {
    Map<Long, String> texts = new TreeMap<>();
    Map<Long, Place> places = new TreeMap<>();
    List<Long> order = new ArrayList<>();
    Journal opened =
        Journal.open(
            disk,
            Room.UNLIMITED,
            (kind, sequence, head, place) -> {
              order.add(sequence);
              texts.put(sequence, kind + new String(head, StandardCharsets.ISO_8859_1));
              places.put(sequence, place);
            },
            SETTINGS);
    journal = opened;
    assertThat(order).as("order").isSorted().doesNotHaveDuplicates();
    assertThat(opened.report().damages()).as("damages").isEmpty();
    acceptPending(texts, places);
    long last = order.isEmpty() ? 0 : order.get(order.size() - 1);
    check(texts, last);
    forgetWhatWasLost(places, last);
    // All that was replayed is on the disk.
    committed = last;
    for (Appended record : records.values()) {
      if (record.isDead()) {
        opened.release(place(record));
      }
    }
    for (Appended record : records.values()) {
      assertThat(JournalTest.read(opened, place(record))).as("payload").isEqualTo(record.payload);
    }
  }

  /** Of what was being appended the first records may be there. */
  private void acceptPending(Map<Long, String> texts, Map<Long, Place> places) {
    long lastKnown = records.isEmpty() ? 0 : records.lastKey();
    int next = 0;
    for (Map.Entry<Long, String> each : texts.entrySet()) {
      if (each.getKey() > lastKnown && next < pending.size()) {
        Appended record = pending.get(next++);
        assertThat(each.getValue())
            .as("the record that was being appended")
            .isEqualTo(record.text());
        acknowledge(record, places.get(each.getKey()));
      }
    }
    pending = List.of();
  }

  private void acknowledge(Appended record, @Nullable Place place) {
    if (place == null) {
      throw new IllegalArgumentException();
    }
    record.place = place;
    records.put(place.sequence(), record);
    for (Appended each : record.ended) {
      each.endedBy = record;
    }
  }

  private static Place place(Appended record) {
    if (record.place == null) {
      throw new IllegalStateException();
    }
    return record.place;
  }

  private void check(Map<Long, String> found, long last) {
    found.forEach(
        (sequence, text) -> {
          Appended record = records.get(sequence);
          if (record == null) {
            fail("a record that nobody appended: " + sequence);
          } else {
            assertThat(text).isEqualTo(record.text());
          }
        });
    records.forEach(
        (sequence, record) -> {
          Appended by = record.endedBy;
          boolean isEnded = by != null && place(by).sequence() <= Math.max(last, committed);
          boolean mustBe =
              sequence <= Math.max(last, committed)
                  && !record.released
                  && !isEnded
                  && record.noted == 0
                  && !ending.contains(record);
          boolean is = found.containsKey(sequence);
          if (mustBe && !is) {
            fail("record %d of %d (committed %d) is lost", sequence, last, committed);
          }
          if (is && record.noted > 0 && record.noted <= Math.max(last, committed)) {
            fail("record %d is there, which note %d ended", sequence, record.noted);
          }
          if (is && isEnded && by != null && !found.containsKey(place(by).sequence())) {
            fail(
                "record %d came back without %d that ended it; %d to %d, committed %d; %s",
                sequence, place(by).sequence(), sequence, last, committed, found.keySet());
          }
        });
  }

  private void forgetWhatWasLost(Map<Long, Place> places, long last) {
    records.values().removeIf(record -> !places.containsKey(place(record).sequence()));
    for (Appended record : records.values()) {
      record.place = places.get(place(record).sequence());
      record.noted = 0;
      Appended by = record.endedBy;
      if (by != null && !records.containsValue(by)) {
        // What ended it was lost: it is as if that had never been.
        record.endedBy = null;
      }
    }
    ending = List.of();
    assertThat(records.isEmpty() ? 0 : records.lastKey()).isEqualTo(last);
  }

  /** Does something. */
  void step() throws JournalException {
    Journal on = journal();
    int what = random.nextInt(20);
    if (what < 9) {
      append(on, List.of());
    } else if (what < 12) {
      append(on, some());
    } else if (what < 13) {
      appendData(on);
    } else if (what < 15) {
      if (!records.isEmpty()) {
        long upTo =
            random.nextInt(3) > 0
                ? records.lastKey()
                : Objects.requireNonNull(any(records.values()).place).sequence();
        on.commit(upTo);
        committed = Math.max(committed, upTo);
      }
    } else if (what < 16) {
      List<Appended> some = some();
      some.removeIf(record -> !record.ended.isEmpty());
      ending = some;
      on.end(ending.stream().map(History::place).toList());
      ending.forEach(record -> record.noted = on.lastSequence());
      ending = List.of();
    } else if (what < 17) {
      List<Appended> live = some();
      live.forEach(
          record -> {
            record.released = true;
            on.release(place(record));
          });
    } else if (what < 18) {
      boolean unused = on.clean();
    } else if (what < 19) {
      if (!records.isEmpty()) {
        Appended record = any(records.values());
        if (!record.isDead()) {
          assertThat(JournalTest.read(on, place(record))).isEqualTo(record.payload);
        }
      }
    } else if (random.nextInt(4) == 0) {
      // A close that failed did not commit.
      close();
      open();
    }
  }

  private Journal journal() throws JournalException {
    if (journal == null) {
      open();
    }
    return Objects.requireNonNull(journal);
  }

  private Appended any(java.util.Collection<Appended> from) {
    return new ArrayList<>(from).get(random.nextInt(from.size()));
  }

  /** Returns some live records. */
  private List<Appended> some() {
    List<Appended> live = new ArrayList<>(records.values());
    live.removeIf(Appended::isDead);
    boolean most = random.nextInt(3) == 0;
    live.removeIf(record -> random.nextInt(most ? 8 : 2) == 0);
    return live.size() > 40 ? live.subList(0, 40) : live;
  }

  private Appended newRecord(int length, List<Appended> ended) {
    int number = made++;
    byte[] head = new byte[random.nextInt(60)];
    Arrays.fill(head, (byte) ('a' + number % 26));
    return new Appended(1 + number % 5, head, JournalTest.bytes(length, number), ended);
  }

  private void append(Journal on, List<Appended> ended) throws JournalException {
    int length = random.nextInt(4) == 0 ? 0 : random.nextInt(random.nextBoolean() ? 200 : 9000);
    Appended record = newRecord(length, ended);
    pending = List.of(record);
    List<Place> places = new ArrayList<>();
    ended.forEach(each -> places.add(place(each)));
    Place place = on.append(record.kind, record.head, record.payload, places);
    pending = List.of();
    acknowledge(record, place);
  }

  private void appendData(Journal on) throws JournalException {
    int last = 1 + random.nextInt(5000);
    List<Appended> parts = new ArrayList<>();
    parts.add(newRecord(Journal.MAX_PAYLOAD, List.of()));
    int kind = parts.get(0).kind;
    parts.add(new Appended(kind, new byte[] {'z'}, JournalTest.bytes(last, made++), List.of()));
    ByteBuffer data = ByteBuffer.allocateDirect(Journal.MAX_PAYLOAD + last);
    parts.forEach(part -> data.put(part.payload.duplicate()));
    pending = parts;
    List<Place> places =
        on.appendData(kind, List.of(parts.get(0).head, parts.get(1).head), data.flip(), List.of());
    pending = List.of();
    for (int i = 0; i < parts.size(); i++) {
      acknowledge(parts.get(i), places.get(i));
    }
  }

  /** Forgets what was being appended when it failed and was taken back. */
  void pendingFailed() {
    ending = List.of();
    pending = List.of();
  }

  void close() {
    Journal open = journal;
    journal = null;
    if (open != null) {
      open.close();
    }
  }
}
