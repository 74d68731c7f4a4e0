package io.cachefs.cache.files;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Listing;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceDirectory;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Asks again for many files of one directory at once, when several were found too old in a row: by
 * listing it, and asking for each name while the attributes that came with the listing are still
 * known on the way.
 */
final class Refresher {
  /** So many files asked for one by one are a sign that more will follow. */
  private static final int SIGN = 4;

  private static final long WINDOW_NANOS = 2_000_000_000L;

  /** At most so many files are asked for before who waits is answered. */
  private static final int MOST = 1024;

  private final Shared shared;
  private final AttributeCache attributes;
  private final NameCache names;
  private final Directories directories;

  /** Whether it saves anything: not where a question costs no more than a system call. */
  private final boolean worthwhile;

  private final Map<FileId, Flight<Boolean>> running = new ConcurrentHashMap<>();

  Refresher(
      Shared shared,
      AttributeCache attributes,
      NameCache names,
      Directories directories,
      boolean worthwhile) {
    this.shared = shared;
    this.attributes = attributes;
    this.names = names;
    this.directories = directories;
    this.worthwhile = worthwhile;
  }

  /**
   * Notes that a file in a directory is about to be asked for though it was known before.
   *
   * @return whether more is known now, so that it may be known already
   */
  boolean asked(CachedNode directory, Name name) throws FsException {
    DirectoryState state = directory.directory();
    if (!worthwhile
        || state == null
        || state.names.size() < SIGN
        || !state.names.containsKey(name)
        || shared.paths().terms(directory, name).isStrict()
        || state.countAsked(shared.clock().nanos(), WINDOW_NANOS) < SIGN) {
      return false;
    }
    Flight<Boolean> mine = new Flight<>();
    Flight<Boolean> other = running.putIfAbsent(directory.id(), mine);
    if (other != null) {
      return other.await();
    }
    boolean done = false;
    try {
      refresh(directory, state);
      done = true;
    } catch (FsException e) {
      // Who asks for a file meets the failure itself.
      done = false;
    } finally {
      running.remove(directory.id(), mine);
      mine.landed(done);
    }
    return done;
  }

  private void refresh(CachedNode directory, DirectoryState state) throws FsException {
    state.forgetAsked();
    SourceDirectory inner = directories.openInner(directory);
    try {
      DirectoryReader reader =
          new DirectoryReader(shared, attributes, directory, inner, state.refreshCookie);
      Listing listing = reader.listing();
      byte[] buffer = new byte[Name.MAX_LENGTH];
      int done = 0;
      while (done < MOST && reader.readMore()) {
        for (; done < listing.count(); done++) {
          int length = listing.name(done, buffer);
          if (!CachedDirectory.isDots(buffer, length)) {
            names.findAgain(directory, Name.of(Arrays.copyOf(buffer, length)));
          }
        }
      }
      state.refreshCookie = reader.isEnded() ? 0 : reader.cookie();
      reader.noteIfComplete();
    } finally {
      inner.close();
    }
  }
}
