package io.cachefs.writeback.conflict;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.writeback.send.Conflict;
import io.cachefs.writeback.send.Conflict.Side;
import io.cachefs.writeback.send.ConflictPolicy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The body of the record of one conflict, little-endian. */
final class ConflictCodec {
  private static final int GIVEN = 1;
  private static final int MIXED = 2;
  private static final int HAS_OURS = 4;
  private static final int HAS_THEIRS = 8;
  private static final int HAS_FROM = 16;
  private static final int HAS_ASIDE = 32;
  private static final int SIDE_BYTES = 29;
  private static final int FIXED_BYTES = 23 + 2 * SIDE_BYTES + 12;

  private static final List<String> WHATS = List.of("make", "change", "remove", "link", "rename");
  private static final List<ConflictPolicy> POLICIES =
      List.of(ConflictPolicy.KEEP_BOTH, ConflictPolicy.OURS, ConflictPolicy.THEIRS);

  private ConflictCodec() {}

  static byte[] write(KeptConflict kept) {
    Conflict conflict = kept.conflict();
    byte[] path = conflict.path().getBytes(StandardCharsets.UTF_8);
    byte[] from = conflict.from() == null ? null : conflict.from().getBytes(StandardCharsets.UTF_8);
    byte[] aside = conflict.movedAside() == null ? null : conflict.movedAside().bytes();
    ByteBuffer out =
        ByteBuffer.allocate(FIXED_BYTES + path.length + length(from) + length(aside))
            .order(ByteOrder.LITTLE_ENDIAN);
    int flags =
        (conflict.given() ? GIVEN : 0)
            | (conflict.mixed() ? MIXED : 0)
            | (conflict.ours() == null ? 0 : HAS_OURS)
            | (conflict.theirs() == null ? 0 : HAS_THEIRS)
            | (from == null ? 0 : HAS_FROM)
            | (aside == null ? 0 : HAS_ASIDE);
    out.putLong(kept.id());
    Instant at = conflict.at();
    out.putLong(at.getEpochSecond());
    out.putInt(at.getNano());
    out.put((byte) WHATS.indexOf(conflict.what()));
    out.put((byte) POLICIES.indexOf(conflict.policy()));
    out.put((byte) flags);
    bytes(out, path);
    bytes(out, from);
    bytes(out, aside);
    side(out, conflict.ours());
    side(out, conflict.theirs());
    byte[] written = new byte[out.position()];
    out.flip().get(written);
    return written;
  }

  private static int length(byte @Nullable [] bytes) {
    return bytes == null ? 0 : bytes.length;
  }

  private static void bytes(ByteBuffer out, byte @Nullable [] bytes) {
    if (bytes != null) {
      out.putInt(bytes.length).put(bytes);
    }
  }

  private static void side(ByteBuffer out, @Nullable Side side) {
    if (side == null) {
      return;
    }
    Timestamp modified = side.modified();
    out.putLong(side.size()).put((byte) (modified == null ? 0 : 1));
    out.putLong(modified == null ? 0 : modified.seconds());
    out.putInt(modified == null ? 0 : modified.nanos());
    out.putInt(side.uid()).putInt(side.gid());
  }

  /** Reads what {@link #write} wrote; fails with an exception of any kind if it is none. */
  static KeptConflict read(byte[] body) throws FsException {
    ByteBuffer in = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    long id = in.getLong();
    Instant at = Instant.ofEpochSecond(in.getLong(), in.getInt());
    String what = WHATS.get(in.get());
    ConflictPolicy policy = POLICIES.get(in.get());
    int flags = in.get();
    String path = new String(bytes(in), StandardCharsets.UTF_8);
    String from = (flags & HAS_FROM) == 0 ? null : new String(bytes(in), StandardCharsets.UTF_8);
    Name aside = (flags & HAS_ASIDE) == 0 ? null : Name.of(bytes(in));
    Side ours = (flags & HAS_OURS) == 0 ? null : side(in);
    Side theirs = (flags & HAS_THEIRS) == 0 ? null : side(in);
    return new KeptConflict(
        id,
        new Conflict(
            path,
            from,
            what,
            policy,
            at,
            ours,
            theirs,
            aside,
            (flags & GIVEN) != 0,
            (flags & MIXED) != 0));
  }

  private static byte[] bytes(ByteBuffer in) {
    int length = in.getInt();
    if (length > in.remaining()) {
      throw new IllegalArgumentException("a text of " + length + " bytes");
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private static Side side(ByteBuffer in) {
    long size = in.getLong();
    boolean known = in.get() != 0;
    Timestamp modified = new Timestamp(in.getLong(), in.getInt());
    return new Side(size, known ? modified : null, in.getInt(), in.getInt());
  }
}
