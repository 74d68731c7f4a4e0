package io.cachefs.fuse.libfuse;

import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.vfs.Vfs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Serves a directory in a process of its own: {@code source mountpoint [option...]}. Prints
 * MOUNTED, answers {@code status} and {@code close} on standard input, and prints ENDED and what is
 * left.
 */
public final class LibFuseDaemon {
  private LibFuseDaemon() {}

  /** Runs until the file system is unmounted, here or by others. */
  public static void main(String[] args) throws Exception {
    List<String> options = List.of(args).subList(2, args.length);
    CacheFs cacheFs = CacheFs.open(CacheFsConfig.of(Path.of(args[0])));
    try {
      serve(cacheFs.vfs(), Path.of(args[1]), options);
      CacheFs.Status left = cacheFs.status();
      say("ENDED inodes=" + left.inodes() + " handles=" + left.openHandles());
    } finally {
      cacheFs.close();
    }
    say("THREADS " + sessionThreads());
    System.exit(0);
  }

  private static void serve(Vfs vfs, Path mountPoint, List<String> words)
      throws InterruptedException {
    try (MountedFileSystem mounted =
        new JnrFuseTransport(System::nanoTime).mount(vfs, mountPoint, options(words))) {
      Thread commands = new Thread(() -> obey(mounted), "commands");
      commands.setDaemon(true);
      commands.start();
      say("MOUNTED " + mounted.status().protocol());
      mounted.awaitUnmount();
      say("FAULTS " + mounted.status().failures());
    } catch (MountException e) {
      say("FAILED " + e.getMessage());
    }
  }

  private static void obey(MountedFileSystem mounted) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("status")) {
          for (OperationMetrics.Row row : mounted.status().operations()) {
            say("CALLS " + row.operation() + " " + row.calls() + " failed " + row.failures());
          }
          say("STATUS threads=" + mounted.status().threads());
        } else if (line.equals("close")) {
          break;
        }
      }
    } catch (IOException e) {
      say("INPUT " + e);
    }
    mounted.close();
  }

  private static MountOptions options(List<String> words) {
    return new MountOptions(
        value(words, "fsname", "cachefs-test"),
        words.contains("ro"),
        !words.contains("private"),
        true,
        words.contains("suid"),
        words.contains("dev"),
        !words.contains("noexec"),
        number(words, "uid"),
        number(words, "gid"),
        number(words, "umask"),
        Integer.parseInt(value(words, "max_read", "0")),
        Duration.ofMillis(Long.parseLong(value(words, "ttl", "1000"))),
        Duration.ofMillis(Long.parseLong(value(words, "ttl", "1000"))),
        Duration.ofMillis(Long.parseLong(value(words, "ttl", "1000"))),
        !words.contains("noxattr"),
        true,
        words.contains("nonempty"),
        Integer.parseInt(value(words, "threads", "64")));
  }

  private static @Nullable Integer number(List<String> words, String key) {
    String text = value(words, key, "");
    return text.isEmpty() ? null : Integer.decode(text);
  }

  private static String value(List<String> words, String key, String otherwise) {
    return words.stream()
        .filter(word -> word.startsWith(key + "="))
        .map(word -> word.substring(key.length() + 1))
        .findFirst()
        .orElse(otherwise);
  }

  private static long sessionThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("cachefs-libfuse"))
        .count();
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
