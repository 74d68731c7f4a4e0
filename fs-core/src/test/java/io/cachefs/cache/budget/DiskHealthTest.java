package io.cachefs.cache.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.store.Blob;
import io.cachefs.store.InMemoryBlobStore;
import io.cachefs.store.StoreException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DiskHealthTest {
  private static final long SECOND = 1_000_000_000L;

  private final AtomicLong nanos = new AtomicLong();
  private final DiskHealth health = new DiskHealth(nanos::get);

  private void fail() {
    health.writeFailed(new StoreException("failed", new FsException(Errno.EROFS)));
  }

  @Test
  void pause_doublesWithEachFailedTry_upToAMinute() {
    long pause = SECOND;
    for (int failures = 1; failures < 12; failures++) {
      assertThat(health.mayWrite()).isTrue();
      fail();
      nanos.addAndGet(pause - 1);
      assertThat(health.mayWrite()).as("after failure %d", failures).isFalse();
      nanos.addAndGet(1);
      pause = Math.min(2 * pause, 60 * SECOND);
      assertThat(health.status().state())
          .isEqualTo(failures < 7 ? DiskHealth.State.FAILING : DiskHealth.State.OFF);
    }
    assertThat(health.mayWrite()).isTrue();
    health.wrote();
    assertThat(health.status().state()).isEqualTo(DiskHealth.State.HEALTHY);
    assertThat(health.status().writeFailures()).isEqualTo(11);
    assertThat(health.status().lastFailure()).isEqualTo(Errno.EROFS);
  }

  @Test
  void writersThatWereOnTheirWay_doNotMakeThePauseLonger() {
    for (int i = 0; i < 50; i++) {
      fail();
    }
    nanos.addAndGet(SECOND);
    assertThat(health.mayWrite()).isTrue();
  }

  @Test
  void aTry_lastsForAMoment_untilItFails() {
    fail();
    nanos.addAndGet(SECOND);
    assertThat(health.mayWrite()).isTrue();
    nanos.addAndGet(SECOND / 100);
    assertThat(health.mayWrite()).as("the next reservation of the same try").isTrue();
    fail();
    assertThat(health.mayWrite()).isFalse();
    nanos.addAndGet(2 * SECOND);
    assertThat(health.mayWrite()).isTrue();
    nanos.addAndGet(SECOND);
    assertThat(health.mayWrite()).as("of a try nobody told anything").isFalse();
  }

  @Test
  void watchedBlobs_tellHowItGoes() throws Exception {
    InMemoryBlobStore blobs = new InMemoryBlobStore();
    try (WatchedBlobStore watched = new WatchedBlobStore(blobs, health);
        Blob blob = watched.create(1, 10)) {
      blobs.failWrites(Errno.ENOSPC);
      ByteBuffer data = ByteBuffer.allocateDirect(1);
      assertThatThrownBy(() -> blob.write(0, data)).isInstanceOf(StoreException.class);
      assertThat(health.mayWrite()).isFalse();
      blobs.failWrites(null);
      blob.write(0, data);
      assertThat(health.mayWrite()).isTrue();
      blobs.failReads(Errno.EIO);
      ByteBuffer target = ByteBuffer.allocateDirect(1);
      assertThatThrownBy(() -> blob.read(0, target)).isInstanceOf(StoreException.class);
      assertThat(health.mayWrite()).as("reading tells nothing of writing").isTrue();
      assertThat(health.status())
          .isEqualTo(new DiskHealth.Status(DiskHealth.State.HEALTHY, 1, 1, Errno.EIO));
    }
  }
}
