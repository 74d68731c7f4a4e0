package io.cachefs.store;

import java.nio.file.Path;

final class InMemoryIndexTest extends IndexContract {
  @Override
  protected Index open(Path empty) {
    return new InMemoryIndex();
  }
}
