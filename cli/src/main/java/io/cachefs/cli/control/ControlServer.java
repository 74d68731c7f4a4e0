package io.cachefs.cli.control;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.cli.outcome.ExitCode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the other commands. Each client has a thread for its connection and one for the work;
 * when it goes away, its work is cancelled. Closing removes the socket and cancels all work.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ControlServer.class);

  /** How long a client may take to say what it wants, and to take in an answer. */
  private static final Duration CLIENT_LIMIT = Duration.ofSeconds(10);

  /** Often enough that a client can tell slow work from a server that hangs. */
  private static final long SIGN_OF_LIFE_MILLIS = 250;

  /** Two threads for each client. */
  private static final int MOST_THREADS = 64;

  private final Path socket;
  private final ServerSocketChannel server;
  private final ControlHandler handler;
  private final Peers peers;
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0,
          MOST_THREADS,
          5,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> daemon(task, "control"));

  private ControlServer(
      Path socket, ServerSocketChannel server, ControlHandler handler, Peers peers) {
    this.socket = socket;
    this.server = server;
    this.handler = handler;
    this.peers = peers;
  }

  /** Makes the socket and starts to answer. */
  public static ControlServer start(Path socket, ControlHandler handler) {
    try {
      Peers peers = Peers.current();
      Files.deleteIfExists(socket);
      ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      var bound = server.bind(UnixDomainSocketAddress.of(socket));
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      ControlServer control = new ControlServer(socket, bound, handler, peers);
      daemon(control::accept, "control-accept").start();
      return control;
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.FAILED, "cannot make the control socket " + socket + ": " + e, e);
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        take(server.accept());
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        log.debug("a client of the control socket went away", e);
      }
    }
  }

  private void take(SocketChannel accepted) throws IOException {
    try {
      threads.execute(() -> serve(accepted));
    } catch (RejectedExecutionException e) {
      log.debug("too many clients of the control socket, or the end of it", e);
      accepted.close();
    }
  }

  private void serve(SocketChannel accepted) {
    try (accepted;
        LineChannel client = new LineChannel(accepted, CLIENT_LIMIT)) {
      if (!peers.mayAsk(accepted)) {
        client.write(ControlMessages.refusal("only the user who mounted and root may ask"));
        return;
      }
      answer(client, client.read());
    } catch (IOException e) {
      log.debug("a client of the control socket went away", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.error("control request failed", e);
    }
  }

  private void answer(LineChannel client, String line) throws IOException, InterruptedException {
    Map<?, ?> request;
    try {
      request = ControlMessages.parse(line);
    } catch (IllegalArgumentException e) {
      client.write(ControlMessages.refusal(String.valueOf(e.getMessage())));
      return;
    }
    String name = String.valueOf(request.get("request"));
    ControlTask task = new ControlTask();
    Future<String> work;
    try {
      work = worker().submit(() -> worked(name, request, task));
    } catch (RejectedExecutionException e) {
      client.write(ControlMessages.refusal("too much is being asked at the same time"));
      return;
    }
    boolean done = false;
    try {
      client.renew(CLIENT_LIMIT);
      client.write(awaited(work, task, client));
      done = true;
    } finally {
      if (!done) {
        task.cancel();
      }
    }
  }

  private ExecutorService worker() {
    return threads;
  }

  private String worked(String name, Map<?, ?> request, ControlTask task) {
    try {
      return ControlMessages.answer(handler.handle(name, request, task));
    } catch (ControlRefusal e) {
      return ControlMessages.refusal(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      log.error("the request {} failed", name, e);
      return ControlMessages.refusal("this is a bug, see the log of the mount: " + e);
    }
  }

  private static String awaited(Future<String> work, ControlTask task, LineChannel client)
      throws IOException, InterruptedException {
    while (true) {
      try {
        return work.get(SIGN_OF_LIFE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        client.renew(CLIENT_LIMIT);
        client.write(ControlMessages.progress(task.progress()));
      } catch (ExecutionException e) {
        throw new IOException("the work failed", e);
      }
    }
  }

  @Override
  public void close() {
    RuntimeDirectory.remove(socket);
    try {
      server.close();
    } catch (IOException e) {
      log.debug("closing {}", socket, e);
    }
    // The threads of connections wait interruptibly, and cancel the work they wait for.
    threads.shutdownNow();
  }
}
