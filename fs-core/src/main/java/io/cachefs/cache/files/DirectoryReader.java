package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Version;
import io.cachefs.cache.metadata.Listing;
import io.cachefs.source.SourceDirectory;
import io.cachefs.store.ListedName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a directory of the source into a listing, in portions, so that whoever lists can ask for
 * the files of one portion before the next is read: a network file system then answers both from
 * one message. Owned by one thread at a time.
 */
final class DirectoryReader {
  /** Few enough that a kernel still has the attributes it got with them. */
  private static final int PORTION = 128;

  /** Names taken from the index at once. */
  private static final int READ_AT_ONCE = 512;

  private final Shared shared;
  private final AttributeCache attributes;
  private final CachedNode node;
  private final SourceDirectory inner;
  private final Listing listing = new Listing();
  private final long question;
  private final long beganMillis;
  private final @Nullable Version before;
  private final boolean fromStart;

  private long cookie;
  private boolean full;
  private boolean ended;

  /** Begins at a position of the inner directory, which stays the caller's. */
  DirectoryReader(
      Shared shared, AttributeCache attributes, CachedNode node, SourceDirectory inner, long from) {
    this.shared = shared;
    this.attributes = attributes;
    this.node = node;
    this.inner = inner;
    this.cookie = from;
    this.fromStart = from == 0;
    this.question = shared.questions().next();
    this.beganMillis = shared.clock().millis();
    Known known = node.known;
    this.before = known == null ? null : known.version();
  }

  /** Returns what was read so far. */
  Listing listing() {
    return listing;
  }

  long cookie() {
    return cookie;
  }

  boolean isEnded() {
    return ended;
  }

  /** Reads the next portion; false if there is no more. */
  boolean readMore() throws FsException {
    if (ended) {
      return false;
    }
    int begun = listing.count();
    full = false;
    inner.list(
        cookie,
        (name, length, inode, type, next) -> {
          full = listing.count() - begun == PORTION;
          if (full) {
            return false;
          }
          listing.add(name, length, inode, type);
          cookie = next;
          return true;
        });
    // What was not refused came to its end: asking again would tell nothing else.
    ended = !full;
    return listing.count() > begun;
  }

  /** Notes the listing as the directory's, if it is whole and the directory did not change. */
  void noteIfComplete() throws FsException {
    DirectoryState state = node.directory();
    if (!ended || !fromStart || state == null) {
      return;
    }
    long asking = shared.questions().next();
    // One portion is one answer of the source, which cannot be half of before and half of after a
    // change; then it is enough if the attributes are as old as that.
    Attributes now =
        listing.count() < PORTION ? inner.attributesAfterListing() : inner.attributes();
    attributes.note(node, now, asking);
    Version version = Version.of(now);
    if (!version.equals(before)) {
      return;
    }
    boolean settled = Known.isSettled(version, beganMillis);
    var complete = new DirectoryState.Complete(listing, version, settled);
    List<ListedName> names = settled ? listedNames(state) : null;
    synchronized (state.order) {
      if (!state.order.accepts(question)) {
        return;
      }
      state.order.settle(question);
      state.complete = complete;
      if (names != null) {
        putListing(state, version, names);
      }
    }
    shared.nodes().keep(state, complete);
  }

  private void putListing(DirectoryState state, Version version, List<ListedName> names) {
    synchronized (node.order) {
      Known known = node.known;
      if (known != null && known.version().equals(version)) {
        state.listed = version;
        shared
            .index()
            .putListing(node.key(), Records.record(node, known, version), names, beganMillis);
        node.persistedAtMillis = known.checkedAtMillis();
      }
    }
  }

  /** Returns all entries with their files, or null if the file of some is not known. */
  private @Nullable List<ListedName> listedNames(DirectoryState state) throws FsException {
    List<ListedName> names = new ArrayList<>(listing.count());
    byte[] buffer = new byte[Name.MAX_LENGTH];
    for (int i = 0; i < listing.count(); i++) {
      int length = listing.name(i, buffer);
      if (!CachedDirectory.isDots(buffer, length)) {
        Name name = Name.of(Arrays.copyOf(buffer, length));
        NameEntry entry = state.names.get(name);
        CachedNode child = entry == null ? null : entry.child;
        if (child == null) {
          return null;
        }
        names.add(new ListedName(name, child.key(), listing.inode(i), child.type()));
      }
    }
    return names;
  }

  /** Returns the listing the index has, or null. */
  static @Nullable Listing restored(Shared shared, CachedNode node) {
    Known known = node.known;
    if (known == null) {
      return null;
    }
    long damagedBefore = shared.index().status().damaged();
    Listing listing = new Listing();
    long self = known.attributes().inode();
    CachedNode.Place place = node.place();
    Known above = place == null ? null : place.directory().known;
    listing.add(new byte[] {'.'}, 1, self, Mode.direntType(Mode.DIRECTORY));
    long parent = above == null ? self : above.attributes().inode();
    listing.add(new byte[] {'.', '.'}, 2, parent, Mode.direntType(Mode.DIRECTORY));
    Name last = null;
    List<ListedName> names;
    do {
      names = shared.index().names(node.key(), last, READ_AT_ONCE);
      for (ListedName listed : names) {
        last = listed.name();
        listing.add(
            last.terminated(), last.length(), listed.inode(), Mode.direntType(listed.type()));
      }
    } while (names.size() == READ_AT_ONCE);
    // Without the name of a damaged record it would say that a file does not exist.
    return shared.index().status().damaged() == damagedBefore ? listing : null;
  }
}
