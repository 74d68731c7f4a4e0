package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Listing;
import io.cachefs.source.SourceDirectory;
import org.jspecify.annotations.Nullable;

/**
 * An open directory. What it lists stays the same until it is listed from the start again; a cookie
 * is the place of an entry in that, so it stays right too. Listings of one open directory wait for
 * each other, as they do on the position of a descriptor in Linux.
 */
final class CachedDirectory implements SourceDirectory {
  private final Directories directories;
  private final CachedNode node;

  @GuardedBy("this")
  private @Nullable SourceDirectory inner;

  @GuardedBy("this")
  private boolean closed;

  /** What is listed, or null before the first time. */
  @GuardedBy("this")
  private @Nullable Listing listing;

  /** Reads the rest of the listing, or null if it is whole. */
  @GuardedBy("this")
  private @Nullable DirectoryReader reader;

  /** Whether what is listed was read from the source now. */
  @GuardedBy("this")
  private boolean isFromSource;

  /** How many of its entries were asked for, because somebody will. */
  @GuardedBy("this")
  private int asked;

  CachedDirectory(Directories directories, CachedNode node) {
    this.directories = directories;
    this.node = node;
  }

  static boolean isDots(byte[] name, int length) {
    return length <= 2 && name[0] == '.' && (length == 1 || name[1] == '.');
  }

  @Override
  public Attributes attributes() throws FsException {
    return directories.current(node).attributes();
  }

  @Override
  public synchronized void list(long cookie, Visitor visitor) throws FsException {
    list(cookie, visitor, false);
  }

  @Override
  public synchronized void listToFind(long cookie, Visitor visitor) throws FsException {
    list(cookie, visitor, directories.asksAhead());
  }

  @GuardedBy("this")
  private void list(long cookie, Visitor visitor, boolean asksAhead) throws FsException {
    Listing entries = listing;
    if (entries == null || cookie == 0) {
      entries = begin();
    }
    byte[] name = new byte[Name.MAX_LENGTH + 1];
    for (int i = (int) Math.min(cookie, Integer.MAX_VALUE); has(entries, i); i++) {
      if (asksAhead && isFromSource && i >= asked) {
        asked = directories.askAhead(node, entries, i);
      }
      int length = entries.name(i, name);
      if (!visitor.visit(name, length, entries.inode(i), entries.type(i), i + 1L)) {
        return;
      }
    }
  }

  @GuardedBy("this")
  private Listing begin() throws FsException {
    Listing known = directories.listing(node);
    if (known == null) {
      DirectoryReader begun = directories.reader(node, openInner());
      reader = begun;
      known = begun.listing();
      isFromSource = true;
    } else {
      reader = null;
      isFromSource = false;
    }
    asked = 0;
    listing = known;
    return known;
  }

  /** Returns whether there is an entry at a place, reading on if need be. */
  @GuardedBy("this")
  private boolean has(Listing entries, int index) throws FsException {
    DirectoryReader reading = reader;
    while (index >= entries.count() && reading != null) {
      if (!reading.readMore()) {
        reader = null;
        reading.noteIfComplete();
        reading = null;
      }
    }
    return index < entries.count();
  }

  /** Opens the directory at the source, if it is not open yet. */
  synchronized SourceDirectory openInner() throws FsException {
    SourceDirectory open = inner;
    if (closed) {
      throw new FsException(Errno.EBADF);
    }
    if (open == null) {
      open = directories.openInner(node);
      inner = open;
    }
    return open;
  }

  @Override
  public void sync(boolean dataOnly) throws FsException {
    openInner().sync(dataOnly);
  }

  @Override
  public byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return openInner().ioctl(command, input, outputSize);
  }

  @Override
  public synchronized void close() {
    closed = true;
    SourceDirectory open = inner;
    inner = null;
    if (open != null) {
      open.close();
    }
  }
}
