package io.cachefs.writeback.send;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Name;
import io.cachefs.source.SourceNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change as it is to be made at the source. All nodes are the source's own. */
@SuppressWarnings("ArrayRecordComponent") // bytes of the source, which nobody compares
public sealed interface Shipment {
  /** Returns the path for people. */
  String path();

  /**
   * A new file of any type, complete.
   *
   * @param temporary the name it has until it is complete; unlike any other
   * @param mode type and permission bits
   * @param replaced what has the name and is to be replaced, or null if nothing is to be there
   * @param content null if it is not a regular file or is empty
   * @param maybeSent whether it may have reached the source before
   */
  record Make(
      String path,
      SourceNode directory,
      Name name,
      Name temporary,
      int mode,
      int device,
      byte[] target,
      AttributeChange attributes,
      List<XattrChange> xattrs,
      @Nullable Dirty content,
      @Nullable Basis replaced,
      boolean maybeSent)
      implements Shipment {}

  /**
   * Changes of an existing file: content, then extended attributes, then attributes.
   *
   * @param directory where a name of it is, beside which our version is kept if the source's
   *     differs; null if that is not known
   * @param name that name
   * @param maybeSent whether a part may have reached the source, so that its version may be ours
   */
  record Change(
      String path,
      SourceNode file,
      Basis basis,
      @Nullable Dirty content,
      List<XattrChange> xattrs,
      AttributeChange attributes,
      @Nullable SourceNode directory,
      @Nullable Name name,
      boolean maybeSent)
      implements Shipment {

    /** A change of a file of which no name is known. */
    public Change(
        String path,
        SourceNode file,
        Basis basis,
        @Nullable Dirty content,
        List<XattrChange> xattrs,
        AttributeChange attributes,
        boolean maybeSent) {
      this(path, file, basis, content, xattrs, attributes, null, null, maybeSent);
    }
  }

  /** A further name of a file. */
  record Link(String path, SourceNode file, SourceNode directory, Name name, boolean maybeSent)
      implements Shipment {}

  /** A name that goes, of a directory too. */
  record Remove(
      String path,
      SourceNode directory,
      Name name,
      Basis removed,
      boolean isDirectory,
      boolean maybeSent)
      implements Shipment {}

  /**
   * Another name for a file or directory.
   *
   * @param newPath the new path for people
   * @param flags as renameat2(2) has them
   * @param replaced what has the new name and is to be replaced or exchanged, or null
   */
  record Rename(
      String path,
      String newPath,
      SourceNode directory,
      Name name,
      SourceNode newDirectory,
      Name newName,
      int flags,
      Basis moved,
      @Nullable Basis replaced,
      boolean maybeSent)
      implements Shipment {

    /** A rename whose new path is told by nobody. */
    public Rename(
        String path,
        SourceNode directory,
        Name name,
        SourceNode newDirectory,
        Name newName,
        int flags,
        Basis moved,
        @Nullable Basis replaced,
        boolean maybeSent) {
      this(path, path, directory, name, newDirectory, newName, flags, moved, replaced, maybeSent);
    }
  }

  /** An extended attribute: its new value, or null if it goes. */
  record XattrChange(byte[] name, byte @Nullable [] value) {}
}
