package io.cachefs.cache.budget;

import io.cachefs.store.Blob;
import io.cachefs.store.BlobStore;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Tells a {@link DiskHealth} how it goes with the blobs of another store. Thread-safe. */
public final class WatchedBlobStore implements BlobStore {
  private final BlobStore blobs;
  private final DiskHealth health;

  /** Takes over the store, which is closed with this one. */
  public WatchedBlobStore(BlobStore blobs, DiskHealth health) {
    this.blobs = blobs;
    this.health = health;
  }

  @Override
  public Blob create(long id, long size) throws StoreException {
    try {
      Blob made = blobs.create(id, size);
      return new WatchedBlob(made);
    } catch (StoreException e) {
      health.writeFailed(e);
      throw e;
    }
  }

  @Override
  public @Nullable Blob find(long id) throws StoreException {
    try {
      Blob found = blobs.find(id);
      return found == null ? null : new WatchedBlob(found);
    } catch (StoreException e) {
      health.readFailed(e);
      throw e;
    }
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

  private final class WatchedBlob implements Blob {
    private final Blob blob;

    WatchedBlob(Blob blob) {
      this.blob = blob;
    }

    @Override
    public int read(long offset, ByteBuffer target) throws StoreException {
      try {
        return blob.read(offset, target);
      } catch (StoreException e) {
        health.readFailed(e);
        throw e;
      }
    }

    @Override
    public void write(long offset, ByteBuffer data) throws StoreException {
      try {
        blob.write(offset, data);
        health.wrote();
      } catch (StoreException e) {
        health.writeFailed(e);
        throw e;
      }
    }

    @Override
    public void truncate(long size) throws StoreException {
      try {
        blob.truncate(size);
      } catch (StoreException e) {
        health.writeFailed(e);
        throw e;
      }
    }

    @Override
    public long allocatedBytes() throws StoreException {
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
  }
}
