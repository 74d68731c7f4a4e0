package io.cachefs.cache.data;

import java.util.concurrent.atomic.LongAdder;

/** What is counted of all contents; see {@link DataStatus}. Thread-safe. */
final class Counters {
  final LongAdder diskHits = new LongAdder();
  final LongAdder diskHitBytes = new LongAdder();
  final LongAdder misses = new LongAdder();
  final LongAdder fetches = new LongAdder();
  final LongAdder fetchedBytes = new LongAdder();
  final LongAdder damaged = new LongAdder();
  final LongAdder bypassBytes = new LongAdder();
  final LongAdder storeFailures = new LongAdder();
  final LongAdder versionsGone = new LongAdder();
  final LongAdder verifiedBytes = new LongAdder();
}
