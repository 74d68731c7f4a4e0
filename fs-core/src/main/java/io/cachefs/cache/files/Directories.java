package io.cachefs.cache.files;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.Version;
import io.cachefs.cache.metadata.Listing;
import io.cachefs.source.SourceDirectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens directories: on the listing that is known, if it is right, else at the source. */
final class Directories {
  private static final int ASKED_AT_ONCE = 32;

  private final Shared shared;
  private final AttributeCache attributes;
  private final NameCache names;
  private final boolean asksAhead;

  Directories(Shared shared, AttributeCache attributes, NameCache names) {
    this.shared = shared;
    this.attributes = attributes;
    this.names = names;
    this.asksAhead = shared.source().capabilities().mayHang();
  }

  /** Returns whether asking for several names at once saves anything. */
  boolean asksAhead() {
    return asksAhead;
  }

  /**
   * Asks for the names in a listing from a place on, as far as it is read and not for many at once:
   * who waits for the first one waits for all.
   *
   * @return the first place that was not asked for
   */
  int askAhead(CachedNode directory, Listing listing, int from) throws FsException {
    int end = Math.min(listing.count(), from + ASKED_AT_ONCE);
    List<Name> asked = new ArrayList<>(end - from);
    byte[] name = new byte[Name.MAX_LENGTH + 1];
    for (int i = from; i < end; i++) {
      int length = listing.name(i, name);
      if (!CachedDirectory.isDots(name, length)) {
        asked.add(Name.of(Arrays.copyOf(name, length)));
      }
    }
    names.askAhead(directory, asked);
    return end;
  }

  SourceDirectory open(CachedNode node) throws FsException {
    NameCache.state(node);
    CachedDirectory directory = new CachedDirectory(this, node);
    if (listing(node) == null) {
      // Whoever may not open it is told now, not when it is read.
      directory.openInner();
    }
    return directory;
  }

  /**
   * Returns all names of a directory as they are now, if that is known; may ask for its version.
   */
  @Nullable Listing listing(CachedNode node) throws FsException {
    DirectoryState state = NameCache.state(node);
    Known known = attributes.current(node, names);
    if (known.watch() != null && !shared.watches().isUpToDate()) {
      known = attributes.asked(node, names);
    }
    DirectoryState.Complete complete = state.complete;
    if (complete != null && complete.version().equals(known.version())) {
      return complete.listing();
    }
    Version listed = state.listed;
    if (listed == null || !listed.equals(known.version())) {
      return null;
    }
    long question = shared.questions().next();
    Listing restored = DirectoryReader.restored(shared, node);
    if (restored != null) {
      noteRestored(state, new DirectoryState.Complete(restored, listed, true), question);
    }
    return restored;
  }

  private void noteRestored(DirectoryState state, DirectoryState.Complete complete, long question) {
    synchronized (state.order) {
      if (!state.order.accepts(question)) {
        return;
      }
      state.complete = complete;
    }
    shared.nodes().keep(state, complete);
  }

  SourceDirectory openInner(CachedNode node) throws FsException {
    shared.watches().begin(node);
    try {
      return shared.source().openDirectory(node.inner(shared.source()));
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        names.forgetWayTo(node);
      }
      throw e;
    }
  }

  DirectoryReader reader(CachedNode node, SourceDirectory inner) {
    return new DirectoryReader(shared, attributes, node, inner, 0);
  }

  Known current(CachedNode node) throws FsException {
    return attributes.current(node, names);
  }
}
