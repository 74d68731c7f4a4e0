package io.cachefs.store.lmdb;

import io.cachefs.store.Index;
import io.cachefs.store.IndexContract;
import io.cachefs.store.StoreException;
import java.nio.file.Path;
import java.time.InstantSource;

final class LmdbIndexTest extends IndexContract {
  @Override
  protected Index open(Path empty) throws StoreException {
    return IndexOpener.open(empty, 1L << 30, InstantSource.system(), System::nanoTime).index();
  }
}
