package io.cachefs.cli.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** Asks a running mount. Never waits longer than its limit. */
public final class ControlClient {
  /** A live server answers in milliseconds, on a loaded machine in a few hundred of them. */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(2);

  private final Duration limit;

  public ControlClient(Duration limit) {
    this.limit = limit;
  }

  /** Returns what the server of this socket says; throws if there is no answer in time. */
  public MountStatus status(Path socket) throws IOException {
    Map<?, ?> message = ask(socket, ControlMessages.STATUS);
    if (message.get("result") instanceof Map<?, ?> result) {
      try {
        return MountStatus.fromJson(result);
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
    throw new IOException("refused: " + message.get("error"));
  }

  private Map<?, ?> ask(Path socket, String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // Without blocking, a connection to a server that no longer accepts fails at once.
      channel.configureBlocking(false);
      if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
        throw new IOException("too many clients wait for an answer");
      }
      try (LineChannel server = new LineChannel(channel, limit)) {
        server.write(ControlMessages.request(request));
        return ControlMessages.parse(server.read());
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
