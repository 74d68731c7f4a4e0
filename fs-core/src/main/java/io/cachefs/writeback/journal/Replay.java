package io.cachefs.writeback.journal;

/** Is told what was found in a journal. */
@FunctionalInterface
public interface Replay {
  /**
   * Takes one record. They come in the order of their sequences, each once. Those that were
   * released and not ended may come as well, and are to be released again.
   */
  void record(int kind, long sequence, byte[] head, Place payload) throws JournalException;
}
