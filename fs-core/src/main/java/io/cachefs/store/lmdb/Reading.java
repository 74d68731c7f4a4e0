package io.cachefs.store.lmdb;

import io.cachefs.store.format.Keys;
import io.cachefs.store.format.RecordReader;
import java.nio.ByteBuffer;
import org.lmdbjava.Env;
import org.lmdbjava.Txn;

/** A read transaction that is used again and again, by one thread at a time. */
final class Reading {
  final Txn<ByteBuffer> txn;
  final RecordReader reader = new RecordReader();
  private final ByteBuffer key = ByteBuffer.allocateDirect(Keys.MAX_SIZE);

  /** Makes one that is at rest. */
  Reading(Env<ByteBuffer> env) {
    txn = env.txnRead();
    txn.reset();
  }

  /** Returns room for a key. */
  ByteBuffer key() {
    return key.clear();
  }

  void close() {
    txn.close();
  }
}
