package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Timestamp;
import io.cachefs.writeback.pending.PendingChange.Kind;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies what is pending to a directory, by its paths, without asking the source: whole files where
 * all of them is here, and else what is. A list says what each is. Owned by one thread, while
 * nobody else uses the overlay.
 */
final class Export {
  /** The end of the name of a file of which only a part is here. */
  private static final String PARTIAL = ".partial";

  private static final int CHUNK = 1 << 16;
  private static final int MOST_RANGES = 100;

  private final Overlay overlay;
  private final Path target;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);

  Export(Overlay overlay, Path target) {
    this.overlay = overlay;
    this.target = target.toAbsolutePath().normalize();
  }

  /**
   * Copies all.
   *
   * @param list a new file for what was copied
   * @param others what else is to be done at the source, in words
   * @return how many lines the list has
   */
  long run(Path list, List<String> others) throws IOException, FsException {
    List<PendingNode> nodes = new ArrayList<>(overlay.book.all());
    // Each directory before what is in it.
    nodes.sort(Comparator.comparing(node -> overlay.path(node.parent, node.name)));
    long lines = 0;
    try (BufferedWriter out =
        Files.newBufferedWriter(list, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW)) {
      for (PendingNode node : nodes) {
        String line = node.links > 0 ? copied(node) : null;
        if (line != null) {
          lines++;
          out.write(line + "\n");
        }
      }
      for (String other : others) {
        lines++;
        out.write(other + "\n");
      }
    }
    return lines;
  }

  private @Nullable String copied(PendingNode node) throws IOException, FsException {
    String path = overlay.path(node.parent, node.name);
    boolean isNew = Applier.isToBeMade(node);
    if (path.equals(".") || (!isNew && !node.hasContent())) {
      return null;
    }
    Path place = target.resolve(path).normalize();
    Path above = place.getParent();
    if (above == null || !place.startsWith(target)) {
      throw new IOException(path + " leads out of " + target);
    }
    Path ignored = Files.createDirectories(above);
    assert ignored.isAbsolute();
    if (node.isDirectory()) {
      return "new directory: " + target.relativize(Files.createDirectories(place));
    }
    if (!isFree(place)) {
      place = above.resolve(place.getFileName() + "." + node.number);
    }
    if (Mode.isSymlink(node.mode)) {
      byte[] text = node.more == null ? new byte[0] : node.more.target;
      Path leadsTo = Path.of(new String(text, StandardCharsets.UTF_8));
      return "new link: " + target.relativize(Files.createSymbolicLink(place, leadsTo));
    }
    return node.isRegular() ? file(node, place, isNew) : "new special file, not copied: " + path;
  }

  private static boolean isFree(Path place) {
    return !Files.exists(place, LinkOption.NOFOLLOW_LINKS);
  }

  private String file(PendingNode node, Path place, boolean isNew) throws IOException, FsException {
    List<long[]> written = new ArrayList<>();
    long base = node.base == null ? 0 : node.size;
    try (FileChannel channel =
        FileChannel.open(place, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (Frozen each = node.frozen; each != null; each = each.next) {
        if (each.hasContent()) {
          base = Math.min(base, each.limit);
          layer(channel, each.extents, each.limit, written);
        }
      }
      if ((node.dirty & PendingNode.CONTENT) != 0) {
        base = Math.min(base, node.limit);
        layer(channel, node.extents, node.limit, written);
      }
      setSize(channel, node.size);
      channel.force(true);
    }
    boolean isWhole = isCovered(written, base);
    Path to = isWhole ? place : Files.move(place, target.resolve(place + PARTIAL));
    Timestamp modified = node.modified();
    FileTime time = FileTime.from(Instant.ofEpochSecond(modified.seconds(), modified.nanos()));
    Path name = target.relativize(Files.setLastModifiedTime(to, time));
    if (isWhole) {
      return (isNew ? "new: " : "changed: ") + name;
    }
    StringBuilder line = new StringBuilder("changed in part: " + name + ", ours are");
    for (long[] range : written.subList(0, Math.min(written.size(), MOST_RANGES))) {
      line.append(' ').append(range[0]).append('+').append(range[1] - range[0]);
    }
    return line.append(written.size() > MOST_RANGES ? " ..." : "").toString();
  }

  private void layer(
      FileChannel channel, @Nullable Extents extents, long limit, List<long[]> written)
      throws IOException, FsException {
    if (channel.size() > limit) {
      setSize(channel, limit);
    }
    for (Extents.Piece piece : extents == null ? List.<Extents.Piece>of() : extents.all()) {
      long at = piece.start();
      while (at < piece.end()) {
        chunk.clear().limit((int) Math.min(CHUNK, piece.end() - at));
        int from = piece.from() + (int) (at - piece.start());
        if (piece.spot() == null) {
          chunk.put(new byte[chunk.remaining()]);
        } else if (!overlay.log.read(piece.spot(), from, chunk)) {
          throw new IOException("what was written is not in the journal any more");
        }
        chunk.flip();
        while (chunk.hasRemaining()) {
          at += channel.write(chunk, at);
        }
      }
      note(written, piece.start(), piece.end());
    }
  }

  private static void note(List<long[]> written, long start, long end) {
    long[] last = written.isEmpty() ? null : written.get(written.size() - 1);
    if (last != null && last[1] == start) {
      last[1] = end;
    } else {
      written.add(new long[] {start, end});
    }
  }

  private static void setSize(FileChannel channel, long size) throws IOException {
    if (channel.size() > size) {
      FileChannel ignored = channel.truncate(size);
      assert ignored == channel;
    } else if (channel.size() < size) {
      int ignored = channel.write(ByteBuffer.allocate(1), size - 1);
      assert ignored == 1;
    }
  }

  private static boolean isCovered(List<long[]> written, long end) {
    List<long[]> sorted = new ArrayList<>(written);
    sorted.sort(Comparator.comparingLong(range -> range[0]));
    long covered = 0;
    for (long[] range : sorted) {
      if (range[0] > covered) {
        break;
      }
      covered = Math.max(covered, range[1]);
    }
    return covered >= end;
  }

  /** Returns what is to be done at the source beside new and changed files, in words. */
  static List<String> others(Inventory inventory) {
    List<String> others = new ArrayList<>();
    inventory.visit(
        change -> {
          if (change.kind() == Kind.REMOVE) {
            others.add("removed: " + change.path());
          } else if (change.kind() == Kind.RENAME) {
            others.add("renamed: " + change.path() + " to " + change.newPath());
          } else if (change.kind() == Kind.LINK) {
            others.add("a further name of a file: " + change.path());
          } else if (change.kind() == Kind.ATTRIBUTES) {
            others.add("attributes changed: " + change.path());
          }
        });
    return others;
  }
}
