package io.cachefs.writeback.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.writeback.queue.Kind;
import io.cachefs.writeback.queue.Operation;
import io.cachefs.writeback.queue.SendQueue;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens while the source is down or refuses, and how writers are held back. */
class SenderStateTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(60);

  @TempDir private Path directory;
  private final SomeCalls calls = new SomeCalls();
  private final SendQueue queue = new SendQueue(System::nanoTime);
  private final AtomicInteger refusals = new AtomicInteger();
  private volatile Errno refused = Errno.EIO;
  private PosixSource source;
  private Sender sender;

  @BeforeEach
  void open() throws FsException {
    source = PosixSource.open(calls.calls(), directory, 100);
    Book book =
        new Book() {
          @Override
          public Shipment begin(Operation operation) throws FsException {
            if (refusals.getAndDecrement() > 0) {
              throw new FsException(refused);
            }
            return make(operation.sequence());
          }

          @Override
          public void sent(Operation operation, Shipment shipment, Receipt receipt) {}

          @Override
          public void failed(Operation operation, FsException why) {}
        };
    SendSettings settings =
        new SendSettings(
            2,
            ConflictPolicy.KEEP_BOTH,
            "host",
            "c1",
            true,
            false,
            Duration.ofMillis(50),
            Duration.ofHours(1));
    sender = new Sender(source, queue, book, settings, System::nanoTime, InstantSource.system());
    sender.start();
  }

  @AfterEach
  void close() {
    sender.close();
    source.close();
  }

  private Shipment make(long number) throws FsException {
    return new Shipment.Make(
        "file" + number,
        source.root().node(),
        Name.of("file" + number),
        Name.of(".cachefs-c1-" + number + ".tmp"),
        Mode.REGULAR | 0644,
        0,
        new byte[0],
        AttributeChange.NONE,
        List.of(),
        Bytes.all("text"),
        null,
        false);
  }

  private void add(long number) throws FsException {
    Operation.Place place = new Operation.Place(1, Name.of("file" + number));
    queue.add(
        new Operation(number, Kind.ADD, 1000 + number, List.of(), List.of(place)),
        System.nanoTime());
  }

  @Test
  void sourceThatIsDown_isNotAskedUntilItIsUp() throws Exception, InterruptedException {
    sender.sourceDown("test");
    add(1);
    assertThat(queue.awaitEmpty(TimeUnit.MILLISECONDS.toNanos(100))).isFalse();
    assertThat(sender.isStuck()).isTrue();
    sender.goOffline();
    sender.sourceUp();
    assertThat(queue.awaitEmpty(TimeUnit.MILLISECONDS.toNanos(100))).isFalse();
    sender.goOnline();
    assertThat(queue.awaitEmpty(LONG)).isTrue();
    assertThat(sender.failures()).isEmpty();
    assertThat(sender.status().sent()).isEqualTo(1);
  }

  @Test
  void failure_isTriedAgain_andForgottenWhenItIsSent() throws Exception, InterruptedException {
    refusals.set(2);
    add(1);
    assertThat(queue.awaitEmpty(LONG)).isTrue();
    assertThat(sender.failures()).isEmpty();
  }

  @Test
  void permanentFailure_isTriedSeldom_andAtOnceWhenAsked() throws Exception, InterruptedException {
    refused = Errno.EACCES;
    refusals.set(1);
    add(1);
    long end = System.nanoTime() + LONG;
    while (sender.failures().isEmpty()) {
      assertThat(System.nanoTime() - end).isNegative();
      Thread.sleep(2);
    }
    Failure failure = sender.failures().get(0);
    assertThat(failure.permanent()).isTrue();
    assertThat(failure.errno()).isEqualTo(Errno.EACCES);
    assertThat(queue.awaitEmpty(TimeUnit.MILLISECONDS.toNanos(200))).isFalse();
    sender.retryAll();
    assertThat(queue.awaitEmpty(LONG)).isTrue();
  }

  @Test
  void drain_sendsWhatWouldWaitLong() throws Exception, InterruptedException {
    for (long i = 1; i <= 20; i++) {
      Operation.Place place = new Operation.Place(1, Name.of("file" + i));
      queue.add(
          new Operation(i, Kind.ADD, 1000 + i, List.of(), List.of(place)),
          System.nanoTime() + TimeUnit.HOURS.toNanos(1));
    }
    assertThat(sender.drain(7, LONG)).isTrue();
    assertThat(sender.drain(LONG, left -> {})).isZero();
  }
}
