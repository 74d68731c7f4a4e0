package io.cachefs.fuse.kernel.device;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.kernel.dispatch.InterruptedCallers;
import io.cachefs.fuse.kernel.wire.Reply;
import io.cachefs.sys.NativeBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks into {@code /proc} whether a caller was killed, and makes the kernel repeat interrupts from
 * a thread of its own. Thread-safe; never blocks its callers.
 */
final class SignalledCallers implements InterruptedCallers {
  private static final Logger log = LoggerFactory.getLogger(SignalledCallers.class);

  /** How soon a caller that is killed later is noticed. */
  private static final long ASK_AGAIN_MILLIS = 100;

  /** More than can be under way; what does not fit is not asked about again. */
  private static final int MAX_WAITING = 1024;

  /** Masks of pending signals of the thread and of its process, in hexadecimal. */
  private static final Pattern PENDING =
      Pattern.compile("(?m)^(?:SigPnd|ShdPnd):\\s*(\\p{XDigit}+)");

  /** SIGKILL, to which Linux turns every signal that ends a process without a core dump. */
  private static final long KILLED = 1L << (9 - 1);

  private final RequestChannel channel;
  private final BlockingQueue<Long> waiting = new LinkedBlockingQueue<>(MAX_WAITING);
  private final Thread thread = new Thread(this::run, "fuse-interrupts");

  SignalledCallers(RequestChannel channel) {
    this.channel = channel;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  @Override
  public boolean isDying(int caller) {
    String status;
    try {
      status =
          new String(
              Files.readAllBytes(Path.of("/proc", Integer.toString(caller), "status")),
              StandardCharsets.ISO_8859_1);
    } catch (IOException gone) {
      // A thread that is not there waits for nothing; one of another namespace cannot be seen.
      return false;
    }
    Matcher masks = PENDING.matcher(status);
    while (masks.find()) {
      if ((Long.parseUnsignedLong(masks.group(1), 16) & KILLED) != 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void askAgain(long interrupt) {
    if (!waiting.offer(interrupt)) {
      log.debug("too many interrupted requests to ask about all of them again");
    }
  }

  private void run() {
    NativeBuffer memory = new NativeBuffer(Reply.HEADER);
    Reply reply = new Reply(memory.buffer());
    try {
      while (true) {
        Long interrupt = waiting.take();
        TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MILLIS);
        while (interrupt != null) {
          send(memory, reply, interrupt);
          interrupt = waiting.poll();
        }
      }
    } catch (InterruptedException ending) {
      log.debug("ends with the mount");
    }
  }

  private void send(NativeBuffer memory, Reply reply, long interrupt) {
    reply.begin(0);
    reply.finish(interrupt, Errno.EAGAIN.number());
    try {
      channel.send(memory, reply.start(), reply.length());
    } catch (FsException answered) {
      // The request has its answer by now, or the mount is gone.
      log.trace("nobody waits for {}", interrupt);
    }
  }

  /** Ends the thread. */
  void close() {
    thread.interrupt();
  }

  boolean awaitEnd(long millis) throws InterruptedException {
    thread.join(millis);
    return !thread.isAlive();
  }
}
