package io.cachefs.store.lmdb;

import io.cachefs.store.IndexAudit;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.lmdbjava.ByteBufferProxy;
import org.lmdbjava.Dbi;
import org.lmdbjava.DbiFlags;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.EnvInfo;
import org.lmdbjava.LmdbException;
import org.lmdbjava.Stat;
import org.lmdbjava.Txn;

/** The open environment and its tables. */
final class Tables implements AutoCloseable {
  /** The file that LMDB keeps everything in. */
  static final String DATA = "data.mdb";

  /** The file that LMDB keeps its locks in. */
  static final String LOCK = "lock.mdb";

  static final int MAX_READERS = 512;

  private static final int TABLES = 7;
  private static final long SMALLEST_MAP = 1 << 20;
  private static final int PAGES_OF_NO_TABLE = 16;

  final Env<ByteBuffer> env;
  final long mapBytes;
  final Dbi<ByteBuffer> totals;
  final Dbi<ByteBuffer> inodes;
  final Dbi<ByteBuffer> names;
  final Dbi<ByteBuffer> xattrs;
  final Dbi<ByteBuffer> contents;
  final Dbi<ByteBuffer> inline;
  final Dbi<ByteBuffer> blocks;

  private Tables(Env<ByteBuffer> env, long mapBytes) {
    this.env = env;
    this.mapBytes = mapBytes;
    totals = env.openDbi("totals", DbiFlags.MDB_CREATE);
    inodes = env.openDbi("inodes", DbiFlags.MDB_CREATE);
    names = env.openDbi("names", DbiFlags.MDB_CREATE);
    xattrs = env.openDbi("xattrs", DbiFlags.MDB_CREATE);
    contents = env.openDbi("contents", DbiFlags.MDB_CREATE);
    inline = env.openDbi("inline", DbiFlags.MDB_CREATE);
    blocks = env.openDbi("blocks", DbiFlags.MDB_CREATE);
  }

  /**
   * Opens the files in a directory, with a map of {@code mapBytes} or, where the address space does
   * not allow that, a smaller one.
   */
  static Tables open(Path directory, long mapBytes) {
    long size = mapBytes;
    while (true) {
      try {
        return open(directory.toFile(), size);
      } catch (LmdbException e) {
        if (size / 2 < SMALLEST_MAP) {
          throw e;
        }
        size /= 2;
      }
    }
  }

  private static Tables open(File directory, long mapBytes) {
    Env<ByteBuffer> env =
        Env.create(ByteBufferProxy.PROXY_OPTIMAL)
            .setMapSize(mapBytes)
            .setMaxDbs(TABLES)
            .setMaxReaders(MAX_READERS)
            .open(
                directory,
                0600,
                EnvFlags.MDB_NOTLS,
                EnvFlags.MDB_NOSYNC,
                // The kernel reads around what is missing, which it gives up where that does not
                // pay:
                // after a restart one read serves what else is a thousand of a page each.
                EnvFlags.MDB_NOMETASYNC);
    try {
      return new Tables(env, mapBytes);
    } catch (LmdbException | IllegalArgumentException e) {
      env.close();
      throw e;
    }
  }

  /** Returns the size of the file as of the last commit. */
  long usedBytes() {
    EnvInfo info = env.info();
    return (info.lastPageNumber + 1) * env.stat().pageSize;
  }

  /** Returns how much of the file is in use. */
  long bytesInUse() {
    try (Txn<ByteBuffer> txn = env.txnRead()) {
      return bytesInUse(txn);
    }
  }

  /** Returns how much of the file is in use, as seen by a transaction. */
  long bytesInUse(Txn<ByteBuffer> txn) {
    long pages = PAGES_OF_NO_TABLE;
    int pageSize = 0;
    for (Dbi<ByteBuffer> table : all()) {
      Stat stat = table.stat(txn);
      pages += stat.branchPages + stat.leafPages + stat.overflowPages;
      pageSize = stat.pageSize;
    }
    return pages * pageSize;
  }

  Dbi<ByteBuffer> of(IndexAudit.Table table) {
    return switch (table) {
      case CONTENTS -> contents;
      case INLINE -> inline;
      case BLOCKS -> blocks;
      case INODES -> inodes;
      case NAMES -> names;
      case XATTRS -> xattrs;
    };
  }

  private Iterable<Dbi<ByteBuffer>> all() {
    return List.of(totals, inodes, names, xattrs, contents, inline, blocks);
  }

  static boolean startsWith(ByteBuffer key, ByteBuffer prefix) {
    int length = prefix.remaining();
    return key.remaining() >= length && key.slice(key.position(), length).equals(prefix);
  }

  @Override
  public void close() {
    env.close();
  }
}
