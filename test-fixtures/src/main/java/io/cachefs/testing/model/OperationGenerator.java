package io.cachefs.testing.model;

import io.cachefs.testing.posix.Flags;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;

/** Random operations on few names, so that they meet. Owned by one thread. */
public final class OperationGenerator {
  /** How many slots for open files there are. */
  public static final int SLOTS = 5;

  private static final List<String> NAMES = List.of("a", "b", "c", "d", "\u00ff\u0001 ");
  private static final int MAX_SIZE = 20_000;
  private static final List<String> XATTRS = List.of("user.x", "user.long name");
  private static final int[] OPEN_FLAGS = {
    Flags.O_RDONLY,
    Flags.O_WRONLY,
    Flags.O_RDWR,
    Flags.O_RDWR,
    Flags.O_RDWR | Flags.O_TRUNC,
    Flags.O_RDONLY | Flags.O_TRUNC,
    Flags.O_WRONLY | Flags.O_APPEND,
    Flags.O_RDWR | Flags.O_APPEND
  };

  private final Random random;

  /** Operations that depend on {@code random} only. */
  public OperationGenerator(Random random) {
    this.random = random;
  }

  /** Any operation. */
  public Operation next() {
    int kind = random.nextInt(100);
    if (kind < 30) {
      return onNames();
    }
    return kind < 55 ? onAttributes() : onOpenFiles();
  }

  /** An operation that uses no open file, as others make behind a mount. */
  public Operation nextWithoutSlots() {
    return random.nextInt(100) < 70 ? onNames() : onAttributes();
  }

  private static Operation doing(String text, Consumer<FileActions> body) {
    return new Operation(
        text,
        files -> {
          body.accept(files);
          return "done";
        });
  }

  private static Operation asking(String text, Function<FileActions, Object> body) {
    return new Operation(text, body);
  }

  private String path() {
    int depth = 1 + (random.nextInt(10) + random.nextInt(10)) / 7;
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      path.append(i == 0 ? "" : "/").append(NAMES.get(random.nextInt(NAMES.size())));
    }
    return path.toString();
  }

  private String directory() {
    return random.nextInt(3) == 0 ? "" : path();
  }

  /** Not sticky and writable for others at once: Linux protects files in such directories more. */
  private int perm() {
    int others = random.nextInt(0100);
    return random.nextBoolean() ? 0700 | others : 01700 | (others & 055);
  }

  private Operation onNames() {
    String path = path();
    String other = path();
    int perm = perm();
    return switch (random.nextInt(11)) {
      case 0, 1, 2 -> doing("mkdir " + path, f -> f.mkdir(path, perm));
      case 3 -> doing("rmdir " + path, f -> f.rmdir(path));
      case 4 -> doing("unlink " + path, f -> f.unlink(path));
      case 5, 6 -> {
        int flags = random.nextInt(3) == 0 ? random.nextInt(4) : 0;
        yield doing(
            "rename " + path + " to " + other + " flags " + flags,
            f -> f.rename(path, other, flags));
      }
      case 7 -> doing("link " + path + " to " + other, f -> f.link(path, other));
      case 8 -> doing("symlink " + path, f -> f.symlink(other, path));
      case 9 -> asking("readlink " + path, f -> f.readlink(path));
      default -> {
        String directory = directory();
        yield asking("list " + directory, f -> f.list(directory));
      }
    };
  }

  private Operation onAttributes() {
    String path = path();
    int perm = perm();
    String name = XATTRS.get(random.nextInt(XATTRS.size()));
    return switch (random.nextInt(11)) {
      case 0, 1, 2 -> asking("stat " + path, f -> f.stat(path));
      case 3 -> doing("chmod " + path, f -> f.chmod(path, perm));
      case 4 -> {
        int uid = random.nextInt(3) - 1;
        int gid = random.nextInt(3) - 1;
        yield doing("chown " + path + " " + uid + ":" + gid, f -> f.chown(path, uid, gid));
      }
      case 5 -> {
        long time = (random.nextLong() >>> 2) % 4_000_000_000_000_000_000L;
        yield asking("utimens " + path + " " + time, f -> f.utimens(path, time));
      }
      case 6 -> {
        long size = random.nextInt(MAX_SIZE);
        yield doing("truncate " + path + " " + size, f -> f.truncate(path, size));
      }
      case 7 -> {
        String value = data(random.nextInt(3) == 0 ? 600 : 5);
        int flags = Math.max(0, random.nextInt(5) - 2);
        yield doing(
            "setxattr " + path + " flags " + flags, f -> f.setXattr(path, name, value, flags));
      }
      case 8 -> asking("getxattr " + path, f -> f.xattr(path, name));
      case 9 -> doing("removexattr " + path, f -> f.removeXattr(path, name));
      default -> asking("listxattr " + path, f -> f.xattrs(path));
    };
  }

  private String data(int max) {
    byte[] bytes = new byte[random.nextInt(max)];
    random.nextBytes(bytes);
    return Bytes.text(bytes);
  }

  private Operation onOpenFiles() {
    int slot = random.nextInt(SLOTS);
    String path = path();
    int flags = OPEN_FLAGS[random.nextInt(OPEN_FLAGS.length)];
    int perm = perm();
    long offset = random.nextInt(MAX_SIZE);
    return switch (random.nextInt(18)) {
      case 0, 1, 2 -> {
        int more = flags | (random.nextInt(4) == 0 ? Flags.O_EXCL : 0);
        yield doing(
            "create " + path + " in " + slot + " flags " + more,
            f -> f.create(slot, path, more, perm));
      }
      case 3, 4 ->
          doing("open " + path + " in " + slot + " flags " + flags, f -> f.open(slot, path, flags));
      case 5 -> {
        String directory = directory();
        yield doing(
            "create unnamed in " + directory + " in " + slot,
            f -> f.createUnnamed(slot, directory, perm));
      }
      case 6 -> doing("link " + slot + " to " + path, f -> f.linkOpen(slot, path));
      case 7 -> doing("close " + slot, f -> f.close(slot));
      case 8 -> asking("stat " + slot, f -> f.statOpen(slot));
      case 9, 10 -> {
        int count = random.nextInt(MAX_SIZE);
        yield asking(
            "read " + slot + " at " + offset + " count " + count, f -> f.read(slot, offset, count));
      }
      case 11, 12, 13 -> {
        String data = data(5000);
        yield asking(
            "write " + slot + " at " + offset + " count " + data.length(),
            f -> f.write(slot, offset, data));
      }
      case 14 -> doing("truncate " + slot + " " + offset, f -> f.truncateOpen(slot, offset));
      case 15 -> {
        int mode = new int[] {0, 1, 3}[random.nextInt(3)];
        long length = 1L + random.nextInt(MAX_SIZE);
        yield doing(
            "fallocate " + slot + " mode " + mode + " at " + offset + " length " + length,
            f -> f.fallocate(slot, mode, offset, length));
      }
      case 16 -> {
        int to = random.nextInt(SLOTS);
        long target = random.nextInt(MAX_SIZE);
        long length = random.nextInt(MAX_SIZE);
        yield asking(
            "copy " + slot + " at " + offset + " to " + to + " at " + target + " length " + length,
            f -> f.copyRange(slot, offset, to, target, length));
      }
      default -> doing("sync " + slot, f -> f.sync(slot));
    };
  }
}
