package io.cachefs.fuse.kernel.dispatch;

/**
 * Tells callers that are dying from those that only got a signal. Programs do not expect EINTR from
 * a stat or the read of a file, so only a caller that will never see the answer gets it.
 */
public interface InterruptedCallers {
  /** Returns whether this thread, as the kernel numbers it, has been killed. */
  boolean isDying(int thread);

  /**
   * Lets the kernel repeat an interrupt after a while: the caller may be killed later, and the
   * kernel says only once that there was a signal.
   *
   * @param interrupt number of the interrupt itself, not of the request it is about
   */
  void askAgain(long interrupt);
}
