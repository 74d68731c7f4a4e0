package io.cachefs.cli.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.cli.outcome.CommandFailure;
import io.cachefs.metrics.OperationMetrics;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The channel between a mount and the other commands. */
class ControlTest {
  private static final Path MOUNT = Path.of("/mnt/fast");
  private static final MountStatus STATUS =
      new MountStatus(
          "/source",
          "/mnt/fast",
          42,
          "1.2.3",
          Instant.parse("2030-01-02T03:04:05Z"),
          "kernel",
          "because",
          "7.45",
          true,
          Map.of("threads", "4"),
          4,
          12,
          1024,
          99_000_000,
          0,
          5,
          List.of(new OperationMetrics.Row("getattr", 3, 1, 4500)),
          Map.of("directory", "/cache"));

  private static final BlockingQueue<Boolean> CANCELLED = new LinkedBlockingQueue<>();

  /** Knows its status, an echo, something that takes long, and nothing else. */
  private static final ControlHandler HANDLER =
      (name, request, task) ->
          switch (name) {
            case "status" -> STATUS.toJson();
            case "count" ->
                Map.of(
                    "count",
                    request.get("paths") instanceof List<?> paths ? (long) paths.size() : 0L);
            case "wait" -> {
              CountDownLatch cancelled = new CountDownLatch(1);
              task.follow(() -> Map.of("files", 7L), cancelled::countDown);
              try {
                CANCELLED.offer(cancelled.await(30, TimeUnit.SECONDS));
              } catch (InterruptedException e) {
                throw new ControlRefusal("interrupted");
              }
              yield Map.of();
            }
            default -> throw new ControlRefusal("unknown request " + name);
          };

  @TempDir Path directory;

  private static int uid() throws IOException {
    return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }

  private RuntimeDirectory runtime() throws IOException {
    return new RuntimeDirectory(directory.resolve("run"), uid());
  }

  private static ControlClient client() {
    return new ControlClient(Duration.ofSeconds(5));
  }

  @Test
  void aClientGetsTheStatusAndTheSocketIsTheOwnersAlone() throws IOException {
    Path socket = runtime().socketFor(MOUNT, ProcessHandle.current().pid());
    try (ControlServer server = ControlServer.start(socket, HANDLER)) {
      assertThat(server).isNotNull();
      assertThat(client().status(socket)).isEqualTo(STATUS);
      assertThat(client().status(socket)).isEqualTo(STATUS);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
          .isEqualTo("rw-------");
      MountReport report = new Running(runtime(), client()).report(MOUNT, "/source");
      assertThat(report.state()).isEqualTo(MountReport.State.RUNNING);
    }
    assertThat(socket).doesNotExist();
  }

  @Test
  void aServerThatHangsIsReportedInTime() throws IOException {
    Path socket = runtime().socketFor(MOUNT, ProcessHandle.current().pid());
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThat(silent.bind(UnixDomainSocketAddress.of(socket)).isOpen()).isTrue();
      Running running = new Running(runtime(), new ControlClient(Duration.ofMillis(100)));
      assertThat(running.report(MOUNT, "/source").state())
          .isEqualTo(MountReport.State.NOT_ANSWERING);
    }
  }

  @Test
  void aSocketWithNobodyBehindItIsOfADeadMount() throws IOException {
    Path socket = runtime().socketFor(MOUNT, ProcessHandle.current().pid());
    try (ServerSocketChannel closed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThat(closed.bind(UnixDomainSocketAddress.of(socket)).isOpen()).isTrue();
    }
    MountReport report = new Running(runtime(), client()).report(MOUNT, "/source");
    assertThat(report.state()).isEqualTo(MountReport.State.DEAD);
  }

  @Test
  void anotherVersionOrRequestIsAnsweredWithTheReason() throws IOException {
    Path socket = runtime().socketFor(MOUNT, 1);
    try (ControlServer server = ControlServer.start(socket, HANDLER)) {
      assertThat(server).isNotNull();
      assertThat(ask(socket, "{\"cachefs\":2,\"request\":\"status\"}")).contains("version 2");
      assertThat(ask(socket, "{\"cachefs\":1,\"request\":\"dance\"}")).contains("dance");
      assertThat(ask(socket, "garbage")).contains("error");
      assertThat(client().status(socket)).isEqualTo(STATUS);
    }
  }

  @Test
  void aHundredThousandPathsAreOneRequest() throws IOException, ControlRefusal {
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      paths.add("some/directory/of/a/tree/with/many/files/and-a-long-name-" + i);
    }
    Path socket = runtime().socketFor(MOUNT, 1);
    try (ControlServer server = ControlServer.start(socket, HANDLER)) {
      assertThat(server).isNotNull();
      ControlClient patient = new ControlClient(ControlClient.PATIENT);
      Map<?, ?> answer = patient.ask(socket, "count", Map.of("paths", paths), ignored -> {});
      assertThat(answer.get("count")).isEqualTo(100_000L);
    }
  }

  @Test
  void workThatTakesLongIsFollowedAndEndsWithItsClient() throws IOException, InterruptedException {
    Path socket = runtime().socketFor(MOUNT, 1);
    try (ControlServer server = ControlServer.start(socket, HANDLER)) {
      assertThat(server).isNotNull();
      assertThatThrownBy(
              () ->
                  client()
                      .ask(
                          socket,
                          "wait",
                          Map.of(),
                          soFar -> {
                            assertThat(soFar.get("files")).isEqualTo(7L);
                            throw new IllegalStateException("gone");
                          }))
          .hasMessage("gone");
      assertThat(CANCELLED.poll(20, TimeUnit.SECONDS)).isTrue();
      assertThat(client().status(socket)).isEqualTo(STATUS);
    }
  }

  private static String ask(Path socket, String line) throws IOException {
    SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
    try (LineChannel server = new LineChannel(channel, Duration.ofSeconds(5))) {
      server.write(line + "\n");
      return server.read();
    }
  }

  @Test
  void aDirectoryOthersMayEnterIsNotUsed() throws IOException {
    Path open = Files.createDirectory(directory.resolve("open"));
    var changed = Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    RuntimeDirectory runtime = new RuntimeDirectory(changed, uid());
    assertThatThrownBy(() -> runtime.socketFor(MOUNT, 1))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("0700");
    assertThat(runtime.find(MOUNT)).isEmpty();
  }

  @Test
  void socketsOfProcessesThatEndedAreCleared() throws IOException {
    Path stale = runtime().socketFor(MOUNT, Integer.MAX_VALUE);
    Files.createFile(stale);
    runtime().clear(MOUNT);
    assertThat(stale).doesNotExist();
  }
}
