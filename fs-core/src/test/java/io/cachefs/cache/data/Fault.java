package io.cachefs.cache.data;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.store.Blob;
import io.cachefs.store.BlobStore;
import io.cachefs.store.Index;
import io.cachefs.store.StoreException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Makes one call of many fail, or all from one on, as the neighbour it decorates would fail. */
final class Fault {
  private final AtomicLong calls = new AtomicLong();
  private final long failing;
  private final boolean forGood;

  /** Fails the call with the number {@code failing}, from 1, or all from there on. */
  Fault(long failing, boolean forGood) {
    this.failing = failing;
    this.forGood = forGood;
  }

  /** Returns whether the call that was to fail was ever made. */
  boolean hasHappened() {
    return calls.get() >= failing;
  }

  private boolean isNow() {
    long call = calls.incrementAndGet();
    return call == failing || (forGood && call > failing);
  }

  private void check() throws StoreException {
    if (isNow()) {
      throw new StoreException("made to fail");
    }
  }

  /** A store of which the calls that may fail are counted. */
  BlobStore in(BlobStore blobs) {
    return new BlobStore() {
      @Override
      public Blob create(long id, long size) throws StoreException {
        check();
        return in(blobs.create(id, size));
      }

      @Override
      public @Nullable Blob find(long id) throws StoreException {
        check();
        Blob found = blobs.find(id);
        return found == null ? null : in(found);
      }

      @Override
      public @Nullable Stat stat(long id) throws StoreException {
        return blobs.stat(id);
      }

      @Override
      public void remove(long id) {
        blobs.remove(id);
      }

      @Override
      public void visit(Visitor visitor) throws StoreException {
        blobs.visit(visitor);
      }

      @Override
      public Free free() throws StoreException {
        return blobs.free();
      }

      @Override
      public void close() {
        blobs.close();
      }
    };
  }

  private Blob in(Blob blob) {
    return new Blob() {
      @Override
      public int read(long offset, ByteBuffer target) throws StoreException {
        check();
        return blob.read(offset, target);
      }

      @Override
      public void write(long offset, ByteBuffer data) throws StoreException {
        check();
        blob.write(offset, data);
      }

      @Override
      public void truncate(long size) throws StoreException {
        check();
        blob.truncate(size);
      }

      @Override
      public long allocatedBytes() throws StoreException {
        check();
        return blob.allocatedBytes();
      }

      @Override
      public int descriptor() {
        return blob.descriptor();
      }

      @Override
      public void close() {
        blob.close();
      }
    };
  }

  /** An origin of which the calls are counted. */
  Origin in(Origin origin) {
    return new Origin() {
      @Override
      public int read(long offset, ByteBuffer target) throws FsException {
        fail();
        return origin.read(offset, target);
      }

      @Override
      public Attributes attributes() throws FsException {
        fail();
        return origin.attributes();
      }

      private void fail() throws FsException {
        if (isNow()) {
          throw new FsException(Errno.EIO, "made to fail");
        }
      }

      @Override
      public boolean isCheap() {
        return origin.isCheap();
      }
    };
  }

  /** An index that drops changes and forgets records of contents, as a full or broken one does. */
  Index in(Index index) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          boolean counts =
              switch (method.getName()) {
                case "putContent", "putBlocks", "putInline", "content", "blocks", "inline" -> true;
                default -> false;
              };
          if (counts && isNow()) {
            return null;
          }
          try {
            return method.invoke(index, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (Index)
        Proxy.newProxyInstance(Fault.class.getClassLoader(), new Class<?>[] {Index.class}, handler);
  }
}
