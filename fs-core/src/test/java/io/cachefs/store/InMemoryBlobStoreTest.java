package io.cachefs.store;

import java.nio.file.Path;

class InMemoryBlobStoreTest implements BlobStoreContract {
  @Override
  public BlobStore open(Path directory) {
    return new InMemoryBlobStore();
  }
}
