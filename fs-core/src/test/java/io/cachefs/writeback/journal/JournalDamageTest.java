package io.cachefs.writeback.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Bytes that change on the disk, and the bytes there are. */
final class JournalDamageTest {
  private static final Settings SMALL = new Settings(9 << 10, Duration.ZERO);
  private static final String FIRST = SegmentHeader.nameOf(1);

  /** Every byte of a journal that was closed in order is changed, one at a time. */
  @Test
  void anyByte_isNoticedAndTheRestKept() throws Exception {
    CrashingDisk whole = new CrashingDisk();
    try (Journal journal = Journal.open(whole, Room.UNLIMITED, (k, s, h, p) -> {}, SMALL)) {
      for (int i = 1; i <= 12; i++) {
        Place unused =
            journal.append(
                i,
                ("head" + i).getBytes(StandardCharsets.UTF_8),
                JournalTest.bytes(i * 11 % 150, i));
      }
    }
    List<String> names = whole.names();
    assertThat(names).hasSizeGreaterThan(1);
    for (String name : names) {
      int size = whole.bytes(name).length;
      for (int at = 0; at < size; at++) {
        // What is unused in the pages of the header is not looked at.
        if (at >= SegmentHeader.BYTES || at % SegmentHeader.PAGE < 72) {
          changed(whole, names, name, at);
        }
      }
    }
  }

  private static void changed(CrashingDisk whole, List<String> names, String name, int at)
      throws Exception {
    CrashingDisk disk = new CrashingDisk();
    for (String each : names) {
      byte[] bytes = whole.bytes(each);
      if (each.equals(name)) {
        bytes[at] ^= (byte) (1 << at % 8);
      }
      disk.put(each, bytes);
    }
    Map<Long, Place> found = new TreeMap<>();
    List<String> heads = new ArrayList<>();
    try (Journal journal =
        Journal.open(
            disk,
            Room.UNLIMITED,
            (kind, sequence, head, place) -> {
              assertThat(kind).isEqualTo((int) sequence);
              heads.add(new String(head, StandardCharsets.UTF_8));
              found.put(sequence, place);
            },
            SMALL)) {
      int wrong = 0;
      for (Map.Entry<Long, Place> each : found.entrySet()) {
        int i = Math.toIntExact(each.getKey());
        assertThat(heads).contains("head" + i);
        try {
          ByteBuffer read = JournalTest.read(journal, each.getValue());
          assertThat(read).isEqualTo(JournalTest.bytes(i * 11 % 150, i));
        } catch (JournalException e) {
          assertThat(e.kind()).isEqualTo(JournalException.Kind.DAMAGED);
          wrong++;
        }
      }
      int lost = 12 - found.size();
      assertThat(lost + wrong).as("%s at %s", name, at).isLessThanOrEqualTo(1);
      assertThat(journal.report().damages()).as("%s at %s", name, at).hasSize(lost + wrong);
    }
  }

  @Test
  void bytes_areThoseOfTheDocument() throws Exception {
    CrashingDisk disk = new CrashingDisk();
    SegmentHeader header = new SegmentHeader(1, 1, 0x1122334455667788L, 5, 4, 0x01020304);
    disk.put(FIRST, JournalTest.array(header.encoded()));
    try (Journal journal = Journal.open(disk, Room.UNLIMITED, (k, s, h, p) -> {}, SMALL)) {
      Place place =
          journal.append(7, new byte[] {1, 2, 3}, ByteBuffer.wrap(new byte[] {9, 8, 7, 6, 5, 4}));
      assertThat(place.sequence()).isEqualTo(5);
    }
    byte[] bytes = disk.bytes(FIRST);
    HexFormat hex = HexFormat.of();
    assertThat(hex.formatHex(bytes, 0, 64))
        .isEqualTo(hex.formatHex(bytes, 4096, 4096 + 64))
        .isEqualTo(
            "636163686566734a010000000100000088776655443322110500000000000000"
                + "0400000000000000040302010000000000000000000000000000000007a8e3ef");
    assertThat(hex.formatHex(bytes, 8192, 8192 + 72))
        .isEqualTo(
            "5d55251f4a524e4c05000000000000000500000000000000040000000000000004030201"
                + "03000000060000007424784f070000000000000001020309080706050400000000000000");
    assertThat(bytes).hasSize(8192 + 72 + 56);
  }

  @Test
  void endedSequences_areThoseOfTheDocument() {
    List<Place> ended =
        List.of(new Place(205, 1, 0, 0, 0), new Place(5, 1, 0, 0, 0), new Place(206, 1, 0, 0, 0));
    assertThat(Ended.encoded(ended)).containsExactly(0x05, 0xc8, 0x01, 0x01);
  }
}
