package io.cachefs.cache.data;

import io.cachefs.base.ByteRange;
import io.cachefs.base.Errno;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.base.Version;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A content of which nothing is kept, because it is far too large. It is dead from the start. */
final class UncachedContent extends ActiveContent {
  private final DataCache cache;

  UncachedContent(DataCache cache, Parts parts, long id, FileKey file, Version version) {
    super(parts, id, file, version, cache::endUse);
    this.cache = cache;
    setDead();
  }

  @Override
  public int read(long offset, ByteBuffer target, Origin origin, @Nullable ReadAhead ahead)
      throws FsException {
    return bypass(offset, target, origin);
  }

  @Override
  public boolean isComplete() {
    return false;
  }

  @Override
  public @Nullable Passthrough passthrough() {
    return null;
  }

  @Override
  public List<ByteRange> ranges() {
    return List.of();
  }

  @Override
  public void fill(Origin origin) throws FsException {
    throw new FsException(Errno.EFBIG, "the file is too large to be kept");
  }

  @Override
  public void confirm(Origin origin) {}

  @Override
  boolean publish(boolean all) {
    return false;
  }

  @Override
  void restamp(Version version) {
    setVersion(version);
  }

  @Override
  boolean kill() {
    return false;
  }

  @Override
  boolean discard() {
    return cache.discard(this);
  }

  @Override
  public boolean isPinned() {
    return false;
  }

  @Override
  boolean setPinned(boolean wanted) {
    return !wanted;
  }

  @Override
  void dispose() {}
}
