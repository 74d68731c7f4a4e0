package io.cachefs.cli.control;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Asks a running mount. Never waits longer than its limit for a sign of life. */
public final class ControlClient {
  /** A live server answers in milliseconds, on a loaded machine in a few hundred of them. */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(2);

  /** A server that works on something says so four times a second. */
  public static final Duration PATIENT = Duration.ofSeconds(20);

  private final Duration limit;

  public ControlClient(Duration limit) {
    this.limit = limit;
  }

  /** Returns what the server of this socket says; throws if there is no answer in time. */
  public MountStatus status(Path socket) throws IOException {
    try {
      return MountStatus.fromJson(ask(socket, ControlMessages.STATUS, Map.of(), ignored -> {}));
    } catch (ControlRefusal e) {
      throw new IOException("refused: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Returns the answer to a request.
   *
   * @param progress told what the server says of its work meanwhile
   */
  public Map<?, ?> ask(
      Path socket,
      String request,
      Map<String, ? extends @Nullable Object> fields,
      Consumer<Map<?, ?>> progress)
      throws IOException, ControlRefusal {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      // Without blocking, a connection to a server that no longer accepts fails at once.
      channel.configureBlocking(false);
      if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
        throw new IOException("too many clients wait for an answer");
      }
      try (LineChannel server = new LineChannel(channel, limit)) {
        server.write(ControlMessages.request(request, fields));
        return answer(server, progress);
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }

  private Map<?, ?> answer(LineChannel server, Consumer<Map<?, ?>> progress)
      throws IOException, ControlRefusal {
    while (true) {
      Map<?, ?> message = ControlMessages.parse(server.read());
      if (message.get("result") instanceof Map<?, ?> result) {
        return result;
      }
      if (!(message.get("progress") instanceof Map<?, ?> soFar)) {
        throw new ControlRefusal(String.valueOf(message.get("error")));
      }
      progress.accept(soFar);
      server.renew(limit);
    }
  }
}
