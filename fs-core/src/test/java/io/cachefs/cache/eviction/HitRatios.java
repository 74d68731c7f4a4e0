package io.cachefs.cache.eviction;

import com.google.errorprone.annotations.Immutable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Hit ratios of every policy on made-up traces, with the real evictor and ledger: the table in
 * docs/design.md.
 */
final class HitRatios {
  /** What the cache holds, of {@link #FILES} that there are. */
  static final int CACHED = 400;

  static final int FILES = 4_000;
  private static final int USES = 15_000;
  private static final long SEED = 42;

  private HitRatios() {}

  /** A row of files to be used. */
  @Immutable
  interface Trace {
    LongSupplier start(Random random);
  }

  /** The traces, by name. */
  enum Kind {
    /** File n is used as often as 1/n^0.9. */
    ZIPF(HitRatios::zipf),
    /** As zipf, and twice all files are walked through once in between. */
    ZIPF_AND_SCANS(HitRatios::zipfAndScans),
    /**
     * A set half as large as the cache is in use, and all files are walked through now and then.
     */
    HOT_SET_AND_SCANS(HitRatios::hotSetAndScans),
    /** One after the other, again and again, a tenth more than the cache holds. */
    LOOP(random -> loop()),
    /** As zipf, but every tenth of the time other files are the popular ones. */
    ZIPF_THAT_MOVES(HitRatios::moving);

    private final Trace trace;

    Kind(Trace trace) {
      this.trace = trace;
    }
  }

  static LongSupplier zipf(Random random) {
    double[] cumulative = new double[FILES];
    double sum = 0;
    for (int file = 0; file < FILES; file++) {
      sum += 1 / Math.pow(file + 1, 0.9);
      cumulative[file] = sum;
    }
    double total = sum;
    return () -> {
      int found = Arrays.binarySearch(cumulative, random.nextDouble() * total);
      return Math.min(FILES - 1, found < 0 ? -found - 1 : found);
    };
  }

  /** A walk takes more than a tenth of the uses, so there are two of them. */
  private static LongSupplier withScans(LongSupplier others, int scans) {
    long[] count = {0};
    int period = USES / scans;
    return () -> {
      long at = count[0]++ % period;
      boolean scanning = at >= period - FILES;
      return scanning ? 1_000_000 + at - (period - FILES) : others.getAsLong();
    };
  }

  static LongSupplier zipfAndScans(Random random) {
    return withScans(zipf(random), 2);
  }

  static LongSupplier hotSetAndScans(Random random) {
    long[] count = {0};
    return () -> {
      long at = count[0]++;
      return at % 1500 < 500 ? random.nextInt(CACHED / 2) : 1_000_000 + at;
    };
  }

  static LongSupplier loop() {
    long[] next = {0};
    return () -> next[0]++ % (CACHED + CACHED / 10);
  }

  static LongSupplier moving(Random random) {
    LongSupplier zipf = zipf(random);
    long[] count = {0};
    return () -> (zipf.getAsLong() + count[0]++ / (USES / 10) * 200) % FILES;
  }

  /** Returns the hits in a hundred uses, after the cache was filled once. */
  static double ratio(Kind kind, String policy) {
    try (SmallCache cache = cache(policy)) {
      LongSupplier trace = kind.trace.start(new Random(SEED));
      int hits = 0;
      for (int i = 0; i < USES; i++) {
        boolean hit = cache.use(trace.getAsLong());
        hits += hit && i >= USES / 10 ? 1 : 0;
        if (cache.ledger.isTight()) {
          cache.evictor.work(true);
        }
      }
      return 100.0 * hits / (USES - USES / 10);
    }
  }

  static SmallCache cache(String policy) {
    EvictionPolicy made = Policies.named(policy, Duration.ofDays(1), CACHED);
    return SmallCache.ofFiles(made, CACHED, new Random(SEED));
  }

  static List<String> policies() {
    return List.copyOf(new TreeSet<>(List.of("lru", "lfu", "fifo", "hybrid", "tinylfu")));
  }

  /** Returns the table, as it is in docs/design.md. */
  static List<String> table() {
    List<String> lines = new ArrayList<>();
    lines.add("| trace | " + String.join(" | ", policies()) + " |");
    lines.add("|---|" + "---:|".repeat(policies().size()));
    for (Kind kind : Kind.values()) {
      StringBuilder line = new StringBuilder("| ").append(nameOf(kind)).append(" |");
      for (String policy : policies()) {
        line.append(String.format(Locale.ROOT, " %.1f |", ratio(kind, policy)));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private static String nameOf(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
