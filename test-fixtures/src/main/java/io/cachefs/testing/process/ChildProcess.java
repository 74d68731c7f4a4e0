package io.cachefs.testing.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A process that a test started. Its output, both streams in one, is kept line by line. Closing it
 * ends it: politely at first, with SIGKILL after a few seconds.
 */
public final class ChildProcess implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Process process;
  private final Thread reader;
  private final List<String> output = new ArrayList<>();
  private boolean ended;

  private ChildProcess(Process process) {
    this.process = process;
    this.reader = new Thread(this::collect, "output-of-" + process.pid());
    reader.setDaemon(true);
    reader.start();
  }

  /** Starts a command. */
  public static ChildProcess start(String... command) {
    return start(List.of(command));
  }

  /** Starts a command. */
  public static ChildProcess start(List<String> command) {
    try {
      return new ChildProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command, e);
    }
  }

  /** Starts a main class with this JVM's Java, class path and options of access. */
  public static ChildProcess java(Class<?> mainClass, String... args) {
    return java(List.of(), mainClass, args);
  }

  /** Like {@link #java(Class, String...)} with more options for the JVM. */
  public static ChildProcess java(List<String> options, Class<?> mainClass, String... args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
    command.addAll(
        List.of(
            "-ea",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"));
    if (Runtime.version().feature() >= 24) {
      // Without them a newer JVM prints warnings, which tests would take for output.
      command.add("--enable-native-access=ALL-UNNAMED");
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(options);
    command.addAll(List.of("-cp", classPath(), mainClass.getName()));
    command.addAll(Arrays.asList(args));
    return start(command);
  }

  /** The class path of this JVM, also when a test runner hides it in a manifest. */
  public static String classPath() {
    String ofRunner = System.getProperty("surefire.test.class.path", "");
    return ofRunner.isEmpty() ? System.getProperty("java.class.path", "") : ofRunner;
  }

  /** The process id. */
  public long pid() {
    return process.pid();
  }

  /** Whether it still runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed up to now. */
  public synchronized List<String> output() {
    return List.copyOf(output);
  }

  /** Waits for a line that contains the text and answers it. */
  public String awaitLine(String part, Duration timeout) {
    return awaitLine(line -> line.contains(part), "'" + part + "'", timeout);
  }

  /** Waits for a line; fails when the time is over or the process has ended without it. */
  public synchronized String awaitLine(
      Predicate<String> wanted, String description, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    int seen = 0;
    while (true) {
      for (; seen < output.size(); seen++) {
        if (wanted.test(output.get(seen))) {
          return output.get(seen);
        }
      }
      long left = deadline - System.nanoTime();
      if (ended || left <= 0) {
        throw new AssertionError(
            (ended ? "ended" : "nothing in " + timeout)
                + " while waiting for "
                + description
                + "; output: "
                + output);
      }
      try {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + description, e);
      }
    }
  }

  /** Waits for the end and answers the exit code. */
  public int awaitExit(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("still running after " + timeout + "; output: " + output());
      }
      reader.join(GRACE.toMillis());
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for the end", e);
    }
  }

  /** Asks it to end with SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  /** Ends it with SIGKILL, as a crash would, and waits until it is gone. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(GRACE);
  }

  /** Writes a line to its standard input. */
  public void send(String line) {
    try {
      process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
      process.getOutputStream().flush();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to process " + pid(), e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
      }
      reader.join(GRACE.toMillis());
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void collect() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      add("(output lost: " + e.getMessage() + ")");
    } finally {
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }

  private synchronized void add(String line) {
    output.add(line);
    notifyAll();
  }
}
