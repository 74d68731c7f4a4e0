package io.cachefs.writeback.pending;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.random.Seeds;
import io.cachefs.writeback.journal.Place;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranges put and removed at random are those of a file that is kept byte by byte. */
@ExtendWith(Seeds.class)
class ExtentsTest {
  private static final int SIZE = 40_000;

  @ParameterizedTest
  @CsvSource({"1, 5, 3000", "2, 40, 3000", "3, 5000, 1000", "0, 12, 5000"})
  void ranges_areThoseOfAFileKeptByteByByte(long given, int longest, int steps) {
    long seed = given == 0 ? Seeds.seed() : given;
    Random random = new Random(seed);
    Extents extents = new Extents();
    // For each byte the record it is in, or 0, and where in that.
    long[] records = new long[SIZE];
    int[] places = new int[SIZE];
    Set<Long> live = new HashSet<>();
    for (int step = 1; step <= steps; step++) {
      int start = random.nextInt(SIZE - longest);
      int end = start + 1 + random.nextInt(longest);
      boolean removes = random.nextInt(8) == 0;
      Place place = new Place(step, step % 7, 1000 + step, end - start, -step);
      if (removes) {
        extents.remove(start, end, unused -> assertThat(live.remove(unused.sequence())).isTrue());
      } else {
        live.add((long) step);
        extents.put(
            start, end, place, 0, unused -> assertThat(live.remove(unused.sequence())).isTrue());
      }
      for (int i = start; i < end; i++) {
        records[i] = removes ? 0 : step;
        places[i] = i - start;
      }
      if (step % 100 == 0 || step == steps) {
        check(seed, extents, records, places, live);
      }
    }
    extents.remove(0, SIZE, unused -> assertThat(live.remove(unused.sequence())).isTrue());
    assertThat(live).as("seed %d", seed).isEmpty();
    assertThat(extents.isEmpty()).isTrue();
  }

  private static void check(
      long seed, Extents extents, long[] records, int[] places, Set<Long> live) {
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < SIZE; i++) {
      Extents.Piece piece = extents.at(i);
      boolean covers = piece != null && piece.start() <= i;
      assertThat(covers).as("seed %d at %d", seed, i).isEqualTo(records[i] != 0);
      if (piece != null && covers) {
        Place place = piece.spot();
        assertThat(place).isNotNull();
        if (place != null) {
          assertThat(place.sequence()).as("seed %d at %d", seed, i).isEqualTo(records[i]);
          assertThat(piece.from() + (i - piece.start())).isEqualTo(places[i]);
          assertThat(place.checksum()).isEqualTo((int) -place.sequence());
          assertThat(place.segment()).isEqualTo((int) (place.sequence() % 7));
          assertThat(place.offset()).isEqualTo((int) (1000 + place.sequence()));
          seen.add(place.sequence());
        }
      }
    }
    assertThat(seen).as("seed %d", seed).isEqualTo(live);
  }
}
