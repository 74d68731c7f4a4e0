package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Timestamp;
import io.cachefs.source.FileId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one record of the log says. Nodes are named by their numbers; the number of a node is the
 * sequence of the record it began with. Names are the bytes of a name, or empty for none.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
sealed interface Change {
  /** The kind of the record. */
  int kind();

  /** The rest of the record. */
  byte[] head();

  /** Something of a file of the base is to be changed. */
  record Adopt(FileId file, long parent, byte[] name, byte[] handle, Attributes known)
      implements Change {
    static final int KIND = 1;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(180 + name.length + handle.length)
          .file(file)
          .number(parent)
          .bytes(name)
          .bytes(handle)
          .attributes(known)
          .done();
    }

    static Adopt read(HeadReader in) {
      return new Adopt(in.file(), in.number(), in.bytes(), in.bytes(), in.attributes());
    }
  }

  /**
   * A file was made.
   *
   * @param name empty if it has none yet
   * @param mode with the type
   * @param replaces what is at the source under its name, and is replaced by it; or 0
   * @param cancelled the operation that would have taken that away before; or 0
   */
  record Make(
      long parent,
      byte[] name,
      int mode,
      int device,
      int uid,
      int gid,
      Timestamp time,
      byte[] target,
      List<Xattr> xattrs,
      long replaces,
      long cancelled)
      implements Change {
    static final int KIND = 2;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(80 + name.length + target.length)
          .number(parent)
          .bytes(name)
          .word(mode)
          .word(device)
          .word(uid)
          .word(gid)
          .time(time)
          .bytes(target)
          .xattrs(xattrs)
          .number(replaces)
          .number(cancelled)
          .done();
    }

    static Make read(HeadReader in) {
      return new Make(
          in.number(),
          in.bytes(),
          in.word(),
          in.word(),
          in.word(),
          in.word(),
          in.time(),
          in.bytes(),
          in.xattrs(),
          in.number(),
          in.number());
    }
  }

  /**
   * Bytes, which are the payload, were written.
   *
   * @param before the size until then: earlier changes may be at the source, and not in the log
   */
  record Data(long node, long offset, long before, Timestamp time) implements Change {
    static final int KIND = 3;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(36).number(node).number(offset).number(before).time(time).done();
    }

    static Data read(HeadReader in) {
      return new Data(in.number(), in.number(), in.number(), in.time());
    }
  }

  /** A range became zeros; {@code before} and {@code size} are those of the file. */
  record Zero(long node, long start, long end, long before, long size, Timestamp time)
      implements Change {
    static final int KIND = 4;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(52)
          .number(node)
          .number(start)
          .number(end)
          .number(before)
          .number(size)
          .time(time)
          .done();
    }

    static Zero read(HeadReader in) {
      return new Zero(in.number(), in.number(), in.number(), in.number(), in.number(), in.time());
    }
  }

  /** A file got another size; {@code before} is the one until then. */
  record Truncate(long node, long before, long size, Timestamp time) implements Change {
    static final int KIND = 5;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(36).number(node).number(before).number(size).time(time).done();
    }

    static Truncate read(HeadReader in) {
      return new Truncate(in.number(), in.number(), in.number(), in.time());
    }
  }

  /** Attributes, as they are after it; {@code bits} says which are to be sent. */
  record SetAttributes(
      long node,
      int bits,
      int mode,
      int uid,
      int gid,
      Timestamp accessed,
      Timestamp modified,
      Timestamp changed)
      implements Change {
    static final int KIND = 6;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(60)
          .number(node)
          .word(bits)
          .word(mode)
          .word(uid)
          .word(gid)
          .time(accessed)
          .time(modified)
          .time(changed)
          .done();
    }

    static SetAttributes read(HeadReader in) {
      return new SetAttributes(
          in.number(), in.word(), in.word(), in.word(), in.word(), in.time(), in.time(), in.time());
    }
  }

  /** An extended attribute, or none under its name, and the mode after it. */
  record SetXattr(long node, byte[] name, byte @Nullable [] value, int mode, Timestamp changed)
      implements Change {
    static final int KIND = 7;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(40 + name.length + (value == null ? 0 : value.length))
          .number(node)
          .bytes(name)
          .optional(value)
          .word(mode)
          .time(changed)
          .done();
    }

    static SetXattr read(HeadReader in) {
      return new SetXattr(in.number(), in.bytes(), in.optional(), in.word(), in.time());
    }
  }

  /** A file got a further name, or its first. */
  record Link(long node, long parent, byte[] name, Timestamp time) implements Change {
    static final int KIND = 8;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(32 + name.length)
          .number(node)
          .number(parent)
          .bytes(name)
          .time(time)
          .done();
    }

    static Link read(HeadReader in) {
      return new Link(in.number(), in.number(), in.bytes(), in.time());
    }
  }

  /** In a record of an earlier version: what is there is what the node replaces. */
  long NOT_SAID = -1;

  /**
   * A name went.
   *
   * @param cancels whether the file is not made at the source at all
   * @param below what the source has under the name then, or 0; the node may be forgotten before
   */
  record Remove(long parent, byte[] name, long node, Timestamp time, boolean cancels, long below)
      implements Change {
    static final int KIND = 9;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(48 + name.length)
          .number(parent)
          .bytes(name)
          .number(node)
          .time(time)
          .octet(cancels ? 1 : 0)
          .number(below)
          .done();
    }

    static Remove read(HeadReader in) {
      return new Remove(
          in.number(),
          in.bytes(),
          in.number(),
          in.time(),
          in.octet() != 0,
          in.hasMore() ? in.number() : NOT_SAID);
    }
  }

  /**
   * A file got another name.
   *
   * @param replaced what had that name, or 0
   * @param how {@link #MOVES_MAKING} and {@link #CANCELS_REPLACED}
   * @param below what the source has under that name, or 0; differs from {@code replaced} if that
   *     is not made there at all, and may be forgotten
   */
  record Rename(
      long parent,
      byte[] name,
      long newParent,
      byte[] newName,
      long node,
      long replaced,
      int flags,
      int how,
      Timestamp time,
      long below)
      implements Change {
    static final int KIND = 10;

    /** The file is not at the source yet, and is made there under the new name. */
    static final int MOVES_MAKING = 1;

    /** What had the new name is not at the source yet, and is not made there at all. */
    static final int CANCELS_REPLACED = 2;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(72 + name.length + newName.length)
          .number(parent)
          .bytes(name)
          .number(newParent)
          .bytes(newName)
          .number(node)
          .number(replaced)
          .word(flags)
          .word(how)
          .time(time)
          .number(below)
          .done();
    }

    static Rename read(HeadReader in) {
      return new Rename(
          in.number(),
          in.bytes(),
          in.number(),
          in.bytes(),
          in.number(),
          in.number(),
          in.word(),
          in.word(),
          in.time(),
          in.hasMore() ? in.number() : NOT_SAID);
    }
  }

  /** Later changes of a file are sent apart from earlier ones. */
  record Freeze(long node) implements Change {
    static final int KIND = 11;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(8).number(node).done();
    }
  }

  /** An operation is being sent, so from now on it may have reached the source. */
  record Begun(long operation, long node) implements Change {
    static final int KIND = 12;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      return new HeadWriter(16).number(operation).number(node).done();
    }

    static Begun read(HeadReader in) {
      return new Begun(in.number(), in.number());
    }
  }

  /**
   * An operation is at the source, or given up.
   *
   * @param node the file it is about
   * @param parent where it is at the source, if it was made; with {@code name}
   * @param links how many names the file has here
   * @param file that at the source; null if nothing is known of it now
   * @param known what the source has, if {@code file} is there
   */
  record Sent(
      long operation,
      long node,
      long parent,
      byte[] name,
      int links,
      @Nullable FileId file,
      byte[] handle,
      @Nullable Attributes known)
      implements Change {
    static final int KIND = 13;

    @Override
    public int kind() {
      return KIND;
    }

    @Override
    public byte[] head() {
      HeadWriter out = new HeadWriter(204 + name.length + handle.length);
      out.number(operation).number(node).number(parent).bytes(name).word(links);
      out.octet(file == null ? 0 : 1);
      if (file == null || known == null) {
        return out.done();
      }
      return out.file(file).bytes(handle).attributes(known).done();
    }

    static Sent read(HeadReader in) {
      long operation = in.number();
      long node = in.number();
      long parent = in.number();
      byte[] name = in.bytes();
      int links = in.word();
      if (in.octet() == 0) {
        return new Sent(operation, node, parent, name, links, null, new byte[0], null);
      }
      return new Sent(operation, node, parent, name, links, in.file(), in.bytes(), in.attributes());
    }
  }

  /** Reads the change of a record; fails with an exception of any kind if it is none. */
  static Change read(int kind, byte[] head) {
    HeadReader in = new HeadReader(head);
    return switch (kind) {
      case Adopt.KIND -> Adopt.read(in);
      case Make.KIND -> Make.read(in);
      case Data.KIND -> Data.read(in);
      case Zero.KIND -> Zero.read(in);
      case Truncate.KIND -> Truncate.read(in);
      case SetAttributes.KIND -> SetAttributes.read(in);
      case SetXattr.KIND -> SetXattr.read(in);
      case Link.KIND -> Link.read(in);
      case Remove.KIND -> Remove.read(in);
      case Rename.KIND -> Rename.read(in);
      case Freeze.KIND -> new Freeze(in.number());
      case Begun.KIND -> Begun.read(in);
      case Sent.KIND -> Sent.read(in);
      default -> throw new IllegalArgumentException("a record of kind " + kind);
    };
  }
}
