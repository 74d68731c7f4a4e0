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

/** Lines over a socket within a time limit for all of them. Owned by one thread. */
final class LineChannel implements AutoCloseable {
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final long deadline;

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

  String read() throws IOException {
    byte[] line = new byte[1024];
    int length = 0;
    while (true) {
      if (length == line.length) {
        if (length >= ControlMessages.MAX_LINE_BYTES) {
          throw new IOException("line longer than " + ControlMessages.MAX_LINE_BYTES + " bytes");
        }
        line = Arrays.copyOf(line, length * 2);
      }
      int count = channel.read(ByteBuffer.wrap(line, length, line.length - length));
      if (count < 0) {
        throw new EOFException("the other side closed the connection");
      }
      if (count == 0) {
        await(SelectionKey.OP_READ);
        continue;
      }
      length += count;
      if (line[length - 1] == '\n') {
        return new String(line, 0, length - 1, StandardCharsets.UTF_8);
      }
    }
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
