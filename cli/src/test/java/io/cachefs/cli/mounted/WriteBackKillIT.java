package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.model.FileActions;
import io.cachefs.testing.model.ModelFileSystem;
import io.cachefs.testing.model.Operation;
import io.cachefs.testing.model.OperationGenerator;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.posix.Errno;
import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.PosixException;
import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A daemon that writes back is killed again and again while programs change what it serves. After
 * each kill the mount shows every operation that was answered, and the last one of each program,
 * which was not, wholly or not at all. In the end the source has all of it. Runs with {@code
 * -Dcachefs.kill.rounds=N} only, as long as one kill in some 25 still ends in a conflict that is
 * none.
 */
@ExtendWith(Seeds.class)
@Timeout(1800)
@EnabledIfSystemProperty(named = "cachefs.kill.rounds", matches = "[0-9]+")
class WriteBackKillIT {
  private static final int ROUNDS = Integer.getInteger("cachefs.kill.rounds", 20);
  private static final int WRITERS = 3;
  private static final int SHOWN = 12;

  /** A slot that the operations do not use. */
  private static final int SPARE = -2;

  /** What a mount without a daemon says. */
  private static final Set<Errno> DEAD = EnumSet.of(Errno.ENOTCONN, Errno.ECONNABORTED);

  /** A program that changes a directory of its own, and knows what it was answered. */
  private static final class Writer {
    final String name;
    final OperationGenerator operations;
    final ModelFileSystem model;
    final Deque<String> last = new ArrayDeque<>();
    @Nullable Operation unsure;
    int answered;

    Writer(String name, Random random, PlainFiles files) {
      this.name = name;
      this.operations = new OperationGenerator(random);
      this.model = new ModelFileSystem(files.stat(""));
    }

    /** Changes something until nobody answers any more. */
    void run(Path mountPoint) {
      unsure = null;
      try (PlainFiles files = new PlainFiles(mountPoint.resolve(name))) {
        while (true) {
          Operation operation = operations.next();
          unsure = operation;
          note(operation.toString());
          Object outcome = operation.outcome(files);
          if (outcome instanceof Errno errno && DEAD.contains(errno)) {
            break;
          }
          if (operation.toString().startsWith("write ")
              && outcome instanceof Long count
              && count < size(operation.toString())) {
            // The kill came between the pieces of it.
            break;
          }
          Object expected = operation.outcome(model);
          if (outcome instanceof Long some && expected instanceof Long all && some < all) {
            // As above, of a copy; to do it again does no harm.
            break;
          }
          answered++;
          assertThat(outcome).as(this::story).isEqualTo(expected);
        }
      } catch (PosixException e) {
        assertThat(DEAD).as(this::story).contains(e.errno());
      }
    }

    /** How many bytes a write or a copy is of. */
    private static int size(String operation) {
      return operation.startsWith("write ") || operation.startsWith("copy ")
          ? Integer.parseInt(operation.substring(operation.lastIndexOf(' ') + 1))
          : 0;
    }

    private void note(String text) {
      last.add(text);
      if (last.size() > SHOWN) {
        last.remove();
      }
    }

    String story() {
      return name + ", " + Seeds.hint() + ", after " + String.join("\n", last);
    }

    /** Compares what is there now with what was answered; the model is as that then. */
    void check(Path mountPoint) {
      try (PlainFiles files = new PlainFiles(mountPoint.resolve(name))) {
        SortedMap<String, String> there = TreeText.of(files);
        SortedMap<String, String> before = TreeText.of(model);
        if (!there.equals(before)) {
          Object unused = Objects.requireNonNull(unsure).outcome(model);
          finishHalf(there, files);
          assertThat(differences(there, TreeText.of(model)))
              .as(() -> story() + "\nand before the last " + differences(there, before))
              .isEmpty();
        }
      }
      note("killed");
      for (int slot = 0; slot < OperationGenerator.SLOTS; slot++) {
        int closed = slot;
        Object unused =
            new Operation(
                    "close",
                    files -> {
                      files.close(closed);
                      return "closed";
                    })
                .outcome(model);
      }
    }

    /**
     * Making a file is two calls: one that makes it and one that sets its mode. A kernel may pass a
     * write or a copy on in pieces, of which some are there.
     */
    private void finishHalf(SortedMap<String, String> there, PlainFiles files) {
      String text = String.valueOf(unsure);
      int most = size(text);
      if (most > 0) {
        paths(there, TreeText.of(model)).forEach(path -> takeContent(path, files, most));
        return;
      }
      if (!text.startsWith("mkdir ") && !text.startsWith("create ")) {
        return;
      }
      SortedMap<String, String> wanted = TreeText.of(model);
      for (String path : paths(there, wanted)) {
        String here = there.get(path);
        String model = wanted.get(path);
        if (here != null && model != null && rest(here).equals(rest(model))) {
          this.model.chmod(path, files.stat(path).perm());
        }
      }
    }

    /** Takes over the content of a file if that differs in one range of so many bytes only. */
    private void takeContent(String path, PlainFiles files, int most) {
      String there = content(path, files);
      String wanted = content(path, model);
      int first = 0;
      int end = Math.min(there.length(), wanted.length());
      while (first < end && there.charAt(first) == wanted.charAt(first)) {
        first++;
      }
      int after = first + most;
      boolean same = there.length() == wanted.length();
      if (!same || after >= end || there.substring(after).equals(wanted.substring(after))) {
        model.open(SPARE, path, Flags.O_WRONLY | Flags.O_TRUNC);
        long unused = model.write(SPARE, 0, there);
        model.close(SPARE);
      }
    }

    private static String content(String path, FileActions files) {
      files.open(SPARE, path, Flags.O_RDONLY);
      String content = files.read(SPARE, 0, 1 << 20);
      files.close(SPARE);
      return content;
    }

    private static String rest(String line) {
      return line.substring(line.indexOf(' '));
    }
  }

  private static SortedSet<String> paths(
      SortedMap<String, String> first, SortedMap<String, String> second) {
    SortedSet<String> paths = new TreeSet<>(first.keySet());
    paths.addAll(second.keySet());
    paths.removeIf(path -> Objects.equals(first.get(path), second.get(path)));
    return paths;
  }

  private static List<String> differences(
      SortedMap<String, String> there, SortedMap<String, String> wanted) {
    return paths(there, wanted).stream()
        .map(path -> path + ": " + there.get(path) + " in place of " + wanted.get(path))
        .toList();
  }

  private static void check(List<Writer> writers, KilledMount mount) {
    try {
      writers.forEach(writer -> writer.check(mount.mountPoint()));
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\nthe daemons said " + mount.complaints(), e);
    }
  }

  @Test
  void whatWasAnswered_isThereAfterEachKill_andAtTheSourceInTheEnd()
      throws IOException, InterruptedException {
    Random random = Seeds.random("write-back kill");
    try (KilledMount mount = KilledMount.make("--write-delay=30ms")) {
      List<Writer> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        Path own = Files.createDirectory(mount.source().resolve("w" + i));
        try (PlainFiles files = new PlainFiles(own)) {
          writers.add(new Writer("w" + i, new Random(random.nextLong()), files));
        }
      }
      for (int round = 0; round < ROUNDS; round++) {
        mount.start();
        check(writers, mount);
        int life = 20 + random.nextInt(500);
        Parallel all = new Parallel();
        writers.forEach(writer -> all.add(() -> writer.run(mount.mountPoint())));
        all.add(
                () -> {
                  Thread.sleep(life);
                  mount.kill();
                })
            .run();
        mount.clear();
      }
      assertThat(writers).allMatch(writer -> writer.answered > ROUNDS);
      mount.start();
      check(writers, mount);
      assertThat(mount.differencesAtLast(Duration.ofSeconds(60))).as(Seeds.hint()).isEmpty();
      for (Writer writer : writers) {
        try (PlainFiles files = new PlainFiles(mount.source().resolve(writer.name))) {
          assertThat(differences(TreeText.of(files), TreeText.of(writer.model)))
              .as(writer::story)
              .isEmpty();
        }
      }
    }
  }
}
