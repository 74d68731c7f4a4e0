package io.cachefs.cache.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Keeps an answer of the source from replacing what is known since: one that was asked for before a
 * change of ours ended, or before another answer that was noted already. Questions are numbered, in
 * the order in which they are asked, by {@link Questions}.
 *
 * <p>Whoever notes an answer holds the monitor of this object while it asks {@link #accepts} and
 * notes it.
 */
public final class Order {
  private final Questions questions;

  /** Answers to questions up to this are too old. */
  @GuardedBy("this")
  private long settled;

  /** Changes of ours that run now. */
  @GuardedBy("this")
  private int changing;

  /** Whether two of them ran at the same time: then no answer of theirs is sure to be the last. */
  @GuardedBy("this")
  private boolean overlapped;

  public Order(Questions questions) {
    this.questions = questions;
  }

  /** Returns whether the answer to this question may be noted. */
  @GuardedBy("this")
  public boolean accepts(long question) {
    return changing == 0 && question > settled;
  }

  /** Refuses this question and all before it from now on. */
  @GuardedBy("this")
  public void settle(long question) {
    settled = Math.max(settled, question);
  }

  /** Begins a change: until it ends nothing is accepted. */
  public synchronized void begin() {
    overlapped |= changing > 0;
    changing++;
  }

  /** Returns whether a change of ours runs. */
  @GuardedBy("this")
  public boolean isChanging() {
    return changing > 0;
  }

  /**
   * Ends a change.
   *
   * @return whether the change's own answer is the last word
   */
  @GuardedBy("this")
  public boolean end() {
    changing--;
    boolean sure = changing == 0 && !overlapped;
    if (changing == 0) {
      overlapped = false;
    }
    settled = questions.last();
    return sure;
  }
}
