package io.cachefs.cli.control;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the other commands, one at a time, on a thread of its own. Closing removes the socket.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlServer.class);

  /** A client that says nothing keeps others waiting no longer than this. */
  private static final Duration CLIENT_LIMIT = Duration.ofSeconds(1);

  private final Path socket;
  private final ServerSocketChannel server;
  private final Supplier<MountStatus> status;

  private ControlServer(Path socket, ServerSocketChannel server, Supplier<MountStatus> status) {
    this.socket = socket;
    this.server = server;
    this.status = status;
  }

  /** Makes the socket and starts to answer. */
  public static ControlServer start(Path socket, Supplier<MountStatus> status) {
    try {
      Files.deleteIfExists(socket);
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      var bound = server.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      ControlServer control = new ControlServer(socket, bound, status);
      Thread thread = new Thread(control::serve, "control");
      thread.setDaemon(true);
      thread.start();
      return control;
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot make the control socket " + socket + ": " + e, e);
    }
  }

  private void serve() {
    while (server.isOpen()) {
      try (SocketChannel accepted = server.accept();
          LineChannel client = new LineChannel(accepted, CLIENT_LIMIT)) {
        client.write(answer(client.read()));
      } catch (AsynchronousCloseException e) {
        return;
      } catch (IOException e) {
        log.debug("a client of the control socket went away", e);
      } catch (RuntimeException e) {
        log.error("control request failed", e);
      }
    }
  }

  private String answer(String line) {
    Map<?, ?> request;
    try {
      request = ControlMessages.parse(line);
    } catch (IllegalArgumentException e) {
      return ControlMessages.refusal(String.valueOf(e.getMessage()));
    }
    if (ControlMessages.STATUS.equals(request.get("request"))) {
      return ControlMessages.answer(status.get().toJson());
    }
    return ControlMessages.refusal("unknown request " + request.get("request"));
  }

  @Override
  public void close() {
    RuntimeDirectory.remove(socket);
    try {
      server.close();
    } catch (IOException e) {
      log.debug("closing {}", socket, e);
    }
  }
}
