package io.cachefs.cache.eviction;

/**
 * What was used least often lately, counted also while it was not kept; of those used equally often
 * the one that came last. So what is new takes the place of something else only by being used more
 * often, and a walk through many files displaces none that is used. Thread-safe.
 */
final class TinyLfu implements EvictionPolicy {
  /** More than any age in milliseconds divided by {@link #AGE_UNIT}. */
  private static final double STEP = 1.0;

  private static final double AGE_UNIT = 1e15;

  private final FrequencySketch sketch;

  TinyLfu(long contents) {
    sketch = new FrequencySketch(contents);
  }

  @Override
  public double score(Candidate content, long nowMillis) {
    // After a restart nothing was counted yet, and the uses noted with the content are all there
    // is.
    int frequency =
        Math.max(
            sketch.frequency(content.key()), Math.min(content.uses(), FrequencySketch.MOST) / 2);
    double age = (double) nowMillis - content.usedAtMillis();
    return -frequency * STEP - age / AGE_UNIT;
  }

  @Override
  public void touched(long key) {
    sketch.add(key);
  }
}
