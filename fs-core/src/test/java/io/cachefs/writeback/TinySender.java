package io.cachefs.writeback;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.queue.Operation;
import io.cachefs.writeback.send.Book;
import io.cachefs.writeback.send.Dirty;
import io.cachefs.writeback.send.Receipt;
import io.cachefs.writeback.send.Shipment;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends operations one after the other, and fails at the first thing that is not as expected. */
public final class TinySender {
  private static final Caller ROOT = new Caller(0, 0, 0, 0);
  private static final int NOREPLACE = 1;

  private final Source source;
  private final FirstComeQueue queue;
  private final Book book;

  public TinySender(Source source, FirstComeQueue queue, Book book) {
    this.source = source;
    this.queue = queue;
    this.book = book;
  }

  /** Sends all there is. */
  public synchronized void drain() throws FsException {
    while (sendOne()) {}
  }

  /** Sends one operation; false if there was none. */
  public synchronized boolean sendOne() throws FsException {
    Operation operation = queue.take();
    if (operation == null) {
      return false;
    }
    Shipment shipment = book.begin(operation);
    if (shipment != null) {
      Found after = send(shipment);
      book.sent(operation, shipment, Receipt.of(after));
    }
    queue.done(operation);
    return true;
  }

  private @Nullable Found send(Shipment shipment) throws FsException {
    if (shipment instanceof Shipment.Make make) {
      return make(make);
    } else if (shipment instanceof Shipment.Change change) {
      return change(change);
    } else if (shipment instanceof Shipment.Link link) {
      return source.link(link.file(), link.directory(), link.name());
    } else if (shipment instanceof Shipment.Remove remove) {
      remove(remove);
      return null;
    }
    rename((Shipment.Rename) shipment);
    return null;
  }

  private Found make(Shipment.Make make) throws FsException {
    SourceNode in = make.directory();
    boolean regular = Mode.isRegular(make.mode());
    Found made;
    if (Mode.isDirectory(make.mode())) {
      made = source.mkdir(ROOT, in, make.name(), make.mode() & Mode.PERMISSIONS);
    } else if (Mode.isSymlink(make.mode())) {
      made = source.symlink(ROOT, in, make.temporary(), make.target());
    } else if (regular) {
      Source.Created created =
          source.create(
              ROOT, in, make.temporary(), 0600, OpenFlags.READ_WRITE | OpenFlags.EXCLUSIVE);
      made = created.found();
      try (SourceFile file = created.file()) {
        Dirty content = make.content();
        if (content != null) {
          write(file, content);
        }
      }
    } else {
      made = source.mknod(ROOT, in, make.temporary(), make.mode(), make.device());
    }
    describe(made.node(), make.xattrs(), make.attributes());
    if (!Mode.isDirectory(make.mode())) {
      if (make.replaced() != null) {
        Found there = source.find(in, make.name());
        require(there.node().id().equals(make.replaced().file()), "replaces " + make.path());
      }
      source.rename(
          in,
          make.temporary(),
          in,
          make.name(),
          make.replaced() == null ? NOREPLACE : 0,
          id -> id.equals(made.node().id()) ? made.node() : null);
    }
    Found found = source.find(in, make.name());
    require(found.node().id().equals(made.node().id()), make.path());
    return found;
  }

  private static void write(SourceFile file, Dirty content) throws FsException {
    if (file.attributes().size() > content.baseLimit()) {
      file.truncate(content.baseLimit());
    }
    for (Dirty.Range range : content.ranges()) {
      ByteBuffer buffer = ByteBuffer.allocateDirect((int) range.length());
      content.read(range.offset(), buffer);
      file.write(range.offset(), buffer.flip());
    }
    file.truncate(content.size());
  }

  private void describe(
      SourceNode node, List<Shipment.XattrChange> xattrs, AttributeChange attributes)
      throws FsException {
    if (attributes.uid() != null) {
      source.change(node, AttributeChange.NONE.withOwner(attributes.uid(), attributes.gid()));
    }
    for (Shipment.XattrChange xattr : xattrs) {
      byte[] value = xattr.value();
      if (value != null) {
        source.setXattr(node, xattr.name(), value, 0);
      } else {
        removeXattr(node, xattr.name());
      }
    }
    source.change(
        node,
        new AttributeChange(
            attributes.mode(),
            null,
            null,
            null,
            attributes.accessed(),
            attributes.modified(),
            false));
  }

  private void removeXattr(SourceNode node, byte[] name) throws FsException {
    try {
      source.removeXattr(node, name);
    } catch (FsException e) {
      if (e.errno() != Errno.ENODATA) {
        throw e;
      }
    }
  }

  private Found change(Shipment.Change change) throws FsException {
    require(change.file().id().equals(change.basis().file()), change.path());
    Dirty content = change.content();
    if (content != null) {
      try (SourceFile file = source.open(change.file(), OpenFlags.READ_WRITE).file()) {
        write(file, content);
      }
    }
    describe(change.file(), change.xattrs(), change.attributes());
    return new Found(change.file(), source.attributes(change.file()));
  }

  private void remove(Shipment.Remove remove) throws FsException {
    Found there = source.find(remove.directory(), remove.name());
    require(there.node().id().equals(remove.removed().file()), remove.path());
    if (remove.isDirectory()) {
      source.rmdir(remove.directory(), remove.name());
    } else {
      source.unlink(remove.directory(), remove.name());
    }
  }

  private void rename(Shipment.Rename rename) throws FsException {
    Found there = source.find(rename.directory(), rename.name());
    require(there.node().id().equals(rename.moved().file()), rename.path());
    int flags = rename.replaced() == null ? NOREPLACE : rename.flags();
    source.rename(
        rename.directory(),
        rename.name(),
        rename.newDirectory(),
        rename.newName(),
        flags,
        id -> id.equals(there.node().id()) ? there.node() : null);
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError("the source has something else: " + what);
    }
  }
}
