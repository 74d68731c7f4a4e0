package io.cachefs.engine;

import io.cachefs.testing.posix.Flags;
import io.cachefs.testing.posix.Posix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Changes files of a source behind a file system, and keeps their history. Owned by one thread. */
final class SourceWriter implements AutoCloseable {
  private static final int MAX_SIZE = 60_000;

  private final Path source;
  private final Path aside;
  private final Posix files;
  private final Random random;
  private final List<History> histories = new ArrayList<>();
  private int stamp;

  /** A manner to change a file. */
  enum Change {
    REPLACE,
    SWAP,
    RECREATE,
    OVERWRITE,
    OVERWRITE_AND_TOUCH_BACK,
    APPEND,
    TRUNCATE
  }

  /** Those of which nobody can see a half. */
  private static final List<Change> ATOMIC = List.of(Change.REPLACE, Change.SWAP, Change.RECREATE);

  private static final List<Change> ALL = List.of(Change.values());

  SourceWriter(Path source, Path aside, int count, Random random) throws IOException {
    this.source = source;
    this.aside = aside;
    this.files = Posix.in(source);
    this.random = random;
    for (int i = 0; i < count; i++) {
      History history = new History();
      byte[] bytes = newBytes();
      history.begin(bytes);
      Files.write(source.resolve(name(i)), bytes);
      history.done();
      histories.add(history);
    }
  }

  static String name(int file) {
    return "file" + file;
  }

  History history(int file) {
    return histories.get(file);
  }

  int count() {
    return histories.size();
  }

  /** Makes one change, chosen at random; returns it for people. */
  String change(boolean atomicOnly) throws IOException {
    int file = random.nextInt(count());
    List<Change> possible = atomicOnly ? ATOMIC : ALL;
    Change change = possible.get(random.nextInt(possible.size()));
    byte[] before = histories.get(file).now();
    if (before == null || before.length == 0) {
      change = Change.RECREATE;
    }
    make(change, file, before == null ? new byte[0] : before);
    return change + " of " + name(file);
  }

  private void make(Change change, int file, byte[] before) throws IOException {
    switch (change) {
      case REPLACE -> replace(file);
      case SWAP -> swap(file, (file + 1) % count());
      case RECREATE -> recreate(file);
      case OVERWRITE -> overwrite(file, before, false);
      case OVERWRITE_AND_TOUCH_BACK -> overwrite(file, before, true);
      case APPEND -> append(file, before);
      case TRUNCATE -> truncate(file, before);
    }
  }

  private byte[] newBytes() {
    boolean small = random.nextInt(3) == 0;
    byte[] bytes = new byte[1 + random.nextInt(small ? 200 : MAX_SIZE)];
    History.stamp(bytes, 0, bytes.length, ++stamp);
    return bytes;
  }

  private void replace(int file) throws IOException {
    byte[] bytes = newBytes();
    Path made = Files.write(aside.resolve("made"), bytes);
    histories.get(file).begin(bytes);
    Files.move(
        made,
        source.resolve(name(file)),
        StandardCopyOption.REPLACE_EXISTING,
        StandardCopyOption.ATOMIC_MOVE);
    histories.get(file).done();
  }

  private void swap(int one, int other) {
    byte @Nullable [] first = histories.get(one).now();
    byte @Nullable [] second = histories.get(other).now();
    if (first == null || second == null) {
      return;
    }
    histories.get(one).begin(second);
    histories.get(other).begin(first);
    files.rename(name(one), name(other), Flags.RENAME_EXCHANGE);
    histories.get(one).done();
    histories.get(other).done();
  }

  /** Deletes, and at the next turn links a new file that was made aside. */
  private void recreate(int file) throws IOException {
    History history = histories.get(file);
    if (history.now() != null) {
      history.begin(null);
      Files.delete(source.resolve(name(file)));
      history.done();
    }
    byte[] bytes = newBytes();
    Path made = Files.write(aside.resolve("made"), bytes);
    history.begin(bytes);
    Files.move(made, source.resolve(name(file)), StandardCopyOption.ATOMIC_MOVE);
    history.done();
  }

  private void overwrite(int file, byte[] before, boolean touchBack) throws IOException {
    Path path = source.resolve(name(file));
    FileTime time = Files.getLastModifiedTime(path);
    byte[] bytes = before.clone();
    int from = random.nextInt(bytes.length) / History.WORD * History.WORD;
    History.stamp(bytes, from, bytes.length, ++stamp);
    histories.get(file).begin(bytes);
    write(path, from, bytes);
    if (touchBack) {
      Files.setLastModifiedTime(path, time);
    }
    histories.get(file).done();
  }

  private void append(int file, byte[] before) throws IOException {
    // Whole words only: the word at the old end would otherwise be of two versions.
    int start = before.length / History.WORD * History.WORD;
    byte[] bytes = Arrays.copyOf(before, start + 1 + random.nextInt(MAX_SIZE / 4));
    if (start < before.length || bytes.length <= before.length) {
      replace(file);
      return;
    }
    History.stamp(bytes, start, bytes.length, ++stamp);
    histories.get(file).begin(bytes);
    write(source.resolve(name(file)), start, bytes);
    histories.get(file).done();
  }

  private void truncate(int file, byte[] before) throws IOException {
    byte[] bytes = Arrays.copyOf(before, random.nextInt(before.length));
    histories.get(file).begin(bytes);
    try (FileChannel channel =
        FileChannel.open(source.resolve(name(file)), StandardOpenOption.WRITE)) {
      channel.truncate(bytes.length);
    }
    histories.get(file).done();
  }

  private static void write(Path path, int from, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      ByteBuffer data = ByteBuffer.wrap(bytes, from, bytes.length - from);
      for (long at = from; data.hasRemaining(); ) {
        at += channel.write(data, at);
      }
    }
  }

  @Override
  public void close() {
    files.close();
  }
}
