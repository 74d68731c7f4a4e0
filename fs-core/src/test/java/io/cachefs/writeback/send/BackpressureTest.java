package io.cachefs.writeback.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.testing.concurrent.Parallel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BackpressureTest {
  private static final Duration PATIENCE = Duration.ofMillis(50);

  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong files = new AtomicLong();
  private final AtomicLong memory = new AtomicLong();
  private final AtomicLong age = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private volatile boolean stuck;
  private volatile boolean hurried;
  private final Backpressure pressure =
      new Backpressure(
          new Backpressure.Limits(1000, 10, 100, Duration.ofSeconds(1), PATIENCE),
          new Backpressure.Load() {
            @Override
            public long bytes() {
              return bytes.get();
            }

            @Override
            public long files() {
              return files.get();
            }

            @Override
            public long memory() {
              return memory.get();
            }

            @Override
            public long ageNanos() {
              return age.get();
            }
          },
          new Backpressure.Sending() {
            @Override
            public boolean isStuck() {
              return stuck;
            }

            @Override
            public void hurry(boolean now) {
              hurried = now;
            }

            @Override
            public void settle() {
              bytes.addAndGet(-sent.getAndSet(0));
            }
          },
          System::nanoTime);

  private void write(long size, long count) throws FsException {
    pressure.admit(size, count, false);
    bytes.addAndGet(size);
    files.addAndGet(count);
    pressure.done(size, count);
  }

  private long millisOf(long size) throws FsException {
    long start = System.nanoTime();
    write(size, 0);
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }

  private void assertFull(long size, long count) {
    assertThatThrownBy(() -> write(size, count))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOSPC));
  }

  @Test
  void writers_areSlowedTheMoreTheNearerTheLimitIs() throws Exception {
    write(499, 1);
    assertThat(hurried).isFalse();
    write(1, 1);
    write(400, 1);
    assertThat(hurried).isTrue();
    assertThat(millisOf(10)).isGreaterThanOrEqualTo(10);
    bytes.set(990);
    assertThat(millisOf(10)).isGreaterThanOrEqualTo(40);
    bytes.set(100);
    write(1, 0);
    assertThat(hurried).isFalse();
    age.set(TimeUnit.SECONDS.toNanos(2));
    assertThat(millisOf(1)).isGreaterThanOrEqualTo(49);
  }

  @Test
  void atALimit_aWriterWaitsUntilSomethingWasSent() throws Exception {
    write(1000, 1);
    new Parallel()
        .add(() -> write(500, 1))
        .add(
            () -> {
              Thread.sleep(4 * PATIENCE.toMillis());
              assertThat(bytes.get()).isEqualTo(1000);
              sent.set(700);
            })
        .run();
    assertThat(bytes.get()).isEqualTo(800);
  }

  @Test
  void manyWriters_neverExceedALimit() throws Exception {
    AtomicLong most = new AtomicLong();
    new Parallel()
        .add(
            8,
            number -> {
              for (int i = 0; i < 200; i++) {
                pressure.admit(100, 1, false);
                most.accumulateAndGet(bytes.addAndGet(100), Math::max);
                files.incrementAndGet();
                pressure.done(100, 1);
                bytes.addAndGet(-100);
                files.decrementAndGet();
              }
            })
        .run();
    assertThat(most.get()).isBetween(100L, 1000L);
    assertThat(pressure.pressure().used()).isZero();
    pressure.admit(5000, 1, false);
  }

  @Test
  void whileNothingCanBeSent_patienceEnds_andWhatFreesGoesOn() throws Exception {
    stuck = true;
    write(1000, 1);
    assertFull(1, 0);
    write(0, 1);
    files.set(10);
    assertFull(0, 1);
    pressure.admit(0, 1, true);
    pressure.done(0, 1);
    files.set(13);
    assertThatThrownBy(() -> pressure.admit(0, 1, true)).isInstanceOf(FsException.class);
    bytes.set(0);
    files.set(0);
    memory.set(101);
    assertFull(1, 1);
    pressure.admit(0, 1, true);
    memory.set(0);
    write(1, 1);
  }
}
