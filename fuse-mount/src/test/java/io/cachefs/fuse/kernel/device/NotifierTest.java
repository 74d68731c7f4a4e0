package io.cachefs.fuse.kernel.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.sys.NativeBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Messages against a channel that lets them through one by one. */
@Timeout(30)
class NotifierTest {
  private final Channel channel = new Channel();
  private final AtomicLong nanos = new AtomicLong();
  private Notifier notifier = new Notifier(channel, true, nanos::get);

  @AfterEach
  void close() throws InterruptedException {
    notifier.close();
    channel.permits.release(1_000_000);
    assertThat(notifier.awaitEnd(5000)).isTrue();
  }

  /** Notes messages as text. */
  private static final class Channel implements RequestChannel {
    final Semaphore permits = new Semaphore(0);
    final Semaphore asked = new Semaphore(0);
    final List<String> sent = Collections.synchronizedList(new ArrayList<>());

    @Override
    public int receive(NativeBuffer into) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void send(NativeBuffer from, int offset, int length) throws FsException {
      asked.release();
      permits.acquireUninterruptibly();
      assertThat(from.buffer().getInt(offset)).isEqualTo(length);
      assertThat(from.buffer().getLong(offset + 8)).isZero();
      long number = length > 16 ? from.buffer().getLong(offset + 16) : 0;
      switch (from.buffer().getInt(offset + 4)) {
        case 2 ->
            sent.add(
                "inode " + number + (from.buffer().getLong(offset + 24) < 0 ? " attributes" : ""));
        case 3 -> {
          byte[] name = new byte[length - 33];
          from.buffer().get(offset + 32, name);
          sent.add("name " + number + " " + new String(name, StandardCharsets.UTF_8));
        }
        case 8 -> sent.add("epoch");
        default -> sent.add("?");
      }
    }

    /** Returns what was sent once {@code count} messages were and another is under way. */
    List<String> let(int count) throws InterruptedException {
      permits.release(count);
      assertThat(asked.tryAcquire(count, 10, TimeUnit.SECONDS)).isTrue();
      while (sent.size() < count) {
        Thread.onSpinWait();
      }
      List<String> all = List.copyOf(sent);
      sent.clear();
      return all;
    }
  }

  private static Name name(String text) {
    try {
      return Name.of(text);
    } catch (FsException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void messages_thatWait_areMergedAndSentOnce() throws InterruptedException {
    notifier.attributesChanged(5);
    notifier.inodeChanged(6, true);
    notifier.nameChanged(1, name("a"));
    notifier.inodeChanged(6, false);
    notifier.inodeChanged(6, true);
    notifier.nameChanged(1, name("a"));
    assertThat(notifier.waiting()).isEqualTo(3);
    assertThat(notifier.announced()).isEqualTo(5);
    notifier.start();
    assertThat(channel.let(3))
        .containsExactlyInAnyOrder("inode 5 attributes", "inode 6", "name 1 a");
    assertThat(notifier.waiting()).isZero();
  }

  @Test
  void message_addedWhileTheSameIsSent_isSentAgain() throws InterruptedException {
    notifier.start();
    notifier.inodeChanged(5, false);
    channel.asked.acquire();
    notifier.inodeChanged(5, false);
    channel.asked.release();
    assertThat(channel.let(2)).containsExactly("inode 5", "inode 5");
  }

  @Test
  void announcements_areRepeatedAfterAWhile_withoutTheContent() throws InterruptedException {
    notifier.start();
    notifier.attributesChanged(4);
    notifier.inodeChanged(5, false);
    notifier.nameChanged(1, name("a"));
    assertThat(channel.let(3)).hasSize(3);
    nanos.addAndGet(Notifier.REPEAT_NANOS);
    notifier.attributesChanged(7);
    assertThat(channel.let(1)).containsExactly("inode 7 attributes");
    nanos.addAndGet(Notifier.REPEAT_NANOS);
    notifier.attributesChanged(8);
    assertThat(channel.let(3))
        .containsExactly("inode 5 attributes", "name 1 a", "inode 8 attributes");
    nanos.addAndGet(Notifier.REPEAT_NANOS);
    notifier.attributesChanged(9);
    assertThat(channel.let(1)).containsExactly("inode 9 attributes");
  }

  @Test
  void announcedSince_knowsWhichInodes_untilTooManyFollow() {
    notifier.inodeChanged(5, true);
    long before = notifier.announced();
    assertThat(notifier.announcedSince(before, 5)).isFalse();
    notifier.attributesChanged(6);
    notifier.inodeChanged(7, false);
    notifier.nameChanged(8, name("a"));
    assertThat(notifier.announcedSince(before, 5)).isFalse();
    assertThat(notifier.announcedSince(before, 6)).isFalse();
    assertThat(notifier.announcedSince(before, 7)).isTrue();
    assertThat(notifier.announcedSince(before, 8)).isTrue();
    for (int i = 0; i < Notifier.LAST_ANNOUNCED - 3; i++) {
      notifier.inodeChanged(100 + i, true);
    }
    assertThat(notifier.announcedSince(before, 7)).isTrue();
    assertThat(notifier.announcedSince(before, 5)).isFalse();
    notifier.inodeChanged(99, true);
    assertThat(notifier.announcedSince(before, 5)).isTrue();
    assertThat(notifier.announcedSince(notifier.announced(), 5)).isFalse();
  }

  @Test
  void forgottenInodes_areNotWaitedFor() throws InterruptedException {
    notifier.inodeChanged(5, false);
    notifier.inodeChanged(6, false);
    notifier.forgotten(5);
    notifier.forgotten(99);
    notifier.start();
    assertThat(channel.let(1)).containsExactly("inode 6");
    assertThat(notifier.waiting()).isZero();
  }

  @Test
  void names_whenTooManyWait_becomeOneMessageForAll() throws InterruptedException {
    for (int i = 0; i < Notifier.MAX_NAMES; i++) {
      notifier.nameChanged(1, name("n" + i));
    }
    notifier.inodeChanged(5, false);
    notifier.nameChanged(1, name("n3"));
    assertThat(notifier.waiting()).isEqualTo(Notifier.MAX_NAMES + 1);
    assertThat(notifier.overflows()).isZero();
    notifier.nameChanged(1, name("one more"));
    notifier.nameChanged(1, name("and another"));
    assertThat(notifier.overflows()).isEqualTo(1);
    assertThat(notifier.waiting()).isEqualTo(2);
    notifier.start();
    assertThat(channel.let(2)).containsExactly("epoch", "inode 5");
    notifier.nameChanged(1, name("later"));
    assertThat(channel.let(1)).containsExactly("name 1 later");
  }

  @Test
  void names_whenTheKernelCannotDropAll_areKeptForAShortTimeOnly() {
    Notifier old = new Notifier(channel, false, nanos::get);
    assertThat(notifier.longestNameLifetime()).isEqualTo(Long.MAX_VALUE);
    assertThat(old.longestNameLifetime()).isEqualTo(Notifier.NAME_LIFETIME_WITHOUT_EPOCH);
    for (int i = 0; i < Notifier.MAX_NAMES + 10; i++) {
      old.nameChanged(1, name("n" + i));
    }
    assertThat(old.waiting()).isEqualTo(Notifier.MAX_NAMES);
    assertThat(old.overflows()).isEqualTo(10);
  }
}
