package io.cachefs.cli.control;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/** Lines over a socket within a time limit. Owned by one thread. */
final class LineChannel implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private long deadline;

  /** What came, from {@code start} to {@code end} not yet returned. */
  private byte[] received = new byte[1024];

  private int start;
  private int end;

  LineChannel(SocketChannel channel, Duration limit) throws IOException {
    this.channel = channel;
    this.deadline = System.nanoTime() + limit.toNanos();
    channel.configureBlocking(false);
    this.selector = Selector.open();
    this.key = channel.register(selector, 0);
  }

  void write(String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE);
      }
    }
  }

  /** Returns the next line without its end. */
  String read() throws IOException {
    int scanned = start;
    while (true) {
      for (; scanned < end; scanned++) {
        if (received[scanned] == '\n') {
          String line = new String(received, start, scanned - start, StandardCharsets.UTF_8);
          start = scanned + 1;
          return line;
        }
      }
      scanned -= makeRoom();
      int count = channel.read(ByteBuffer.wrap(received, end, received.length - end));
      if (count < 0) {
        throw new EOFException("the other side closed the connection");
      }
      if (count == 0) {
        await(SelectionKey.OP_READ);
      }
      end += count;
    }
  }

  /** Returns by how much what was received has moved to the front. */
  private int makeRoom() throws IOException {
    int moved = start;
    if (end - start == received.length) {
      if (received.length >= ControlMessages.MAX_LINE_BYTES) {
        throw new IOException("line longer than " + ControlMessages.MAX_LINE_BYTES + " bytes");
      }
      received = Arrays.copyOf(received, received.length * 2);
    } else if (end == received.length) {
      System.arraycopy(received, start, received, 0, end - start);
      end -= start;
      start = 0;
      return moved;
    }
    return 0;
  }

  /** Begins the time limit anew. */
  void renew(Duration limit) {
    deadline = System.nanoTime() + limit.toNanos();
  }

  private void await(int operation) throws IOException {
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis > 0) {
      key.interestOps(operation);
      int ready = selector.select(millis);
      selector.selectedKeys().clear();
      if (ready > 0) {
        return;
      }
    }
    throw new SocketTimeoutException("no answer in time");
  }

  @Override
  public void close() throws IOException {
    selector.close();
    channel.close();
  }
}
