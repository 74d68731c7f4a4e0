package io.cachefs.cache.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Version;
import io.cachefs.cache.data.Draft;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.cache.metadata.Terms;
import io.cachefs.source.Found;
import io.cachefs.source.SourceDownException;
import io.cachefs.source.SourceFile;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers what a file's attributes are, from memory while that is allowed. Here the content of a
 * file is bound to its version: with the first answer that names another version, the content known
 * before is gone, before anybody is told the answer.
 */
final class AttributeCache {
  private final Shared shared;
  private final Clock clock;

  /** Makes the blobs that kernels read by themselves follow a file that changed at the source. */
  private volatile Consumer<CachedNode> follower = node -> {};

  AttributeCache(Shared shared) {
    this.shared = shared;
    this.clock = shared.clock();
  }

  void setFollower(Consumer<CachedNode> newFollower) {
    follower = newFollower;
  }

  /** Drops a content that is no longer the file's. */
  void drop(CachedNode node, long contentId) {
    KernelReaders kernels = node.kernelReaders();
    if (kernels != null) {
      try {
        kernels.detach();
      } catch (FsException e) {
        // Its blob cannot be read, so the kernel reads nothing wrong from it either.
      }
    }
    shared.data().drop(contentId);
  }

  /** What an answer differs in from what was known. */
  private enum Difference {
    NONE,
    ATTRIBUTES,
    CONTENT
  }

  /** Returns what is known of a file if it can be used now. */
  @Nullable Known fresh(CachedNode node) {
    Known known = node.known;
    return known != null && (known.isFresh(clock) || isLastWord(node, known)) ? known : null;
  }

  /**
   * Returns whether something is used though its lifetime is over, because the source is down and
   * said nothing later.
   */
  boolean isLastWord(CachedNode node, Known known) {
    return shared.source().isDown() && mayOutlive(node, known);
  }

  private boolean mayOutlive(CachedNode node, Known known) {
    return known.checkedAtMillis() != 0 && !shared.paths().terms(node).isStrict();
  }

  /** Returns the attributes of a file, asking the source if what is known is too old. */
  Known current(CachedNode node, NameCache names) throws FsException {
    Known known = fresh(node);
    if (known != null) {
      return known;
    }
    try {
      return asked(node, names);
    } catch (SourceDownException e) {
      return lastWord(node, e);
    }
  }

  /** Returns what the source said of a file before it went down, or fails as the question did. */
  Known lastWord(CachedNode node, SourceDownException failure) throws FsException {
    Known known = node.known;
    if (known == null || !mayOutlive(node, known)) {
      throw failure;
    }
    return known;
  }

  /** What is asked of the source. */
  private interface Question {
    Known ask() throws FsException;
  }

  /** Asks the source, or waits for the answer to the same question of another. */
  Known asked(CachedNode node, NameCache names) throws FsException {
    if (shared.paths().terms(node).isStrict()) {
      return ask(node, names);
    }
    return asked(node, () -> ask(node, names));
  }

  /** As {@link #asked(CachedNode, NameCache)}, of a file that is open. */
  Known asked(CachedNode node, SourceFile open) throws FsException {
    return asked(
        node,
        () -> {
          long number = shared.questions().next();
          return note(node, open.attributes(), number);
        });
  }

  private Known asked(CachedNode node, Question question) throws FsException {
    Flight<Known> mine = new Flight<>();
    Flight<Known> other;
    synchronized (node.order) {
      other = node.flight;
      if (other == null) {
        node.flight = mine;
      }
    }
    if (other != null) {
      return other.await();
    }
    try {
      Known answer = question.ask();
      mine.landed(answer);
      return answer;
    } catch (FsException | RuntimeException e) {
      mine.failed(e);
      throw e;
    } finally {
      synchronized (node.order) {
        if (node.flight == mine) {
          node.flight = null;
        }
      }
    }
  }

  private Known ask(CachedNode node, NameCache names) throws FsException {
    CachedNode.Place place = node.place();
    if (place != null && !node.isOpenForWriting()) {
      // One question answers both what the name stands for and what is true of the file.
      Found found = names.findAgain(place.directory(), place.name());
      if (found != null && found.node() == node) {
        Known known = fresh(node);
        return known == null ? Known.loose(found) : known;
      }
    }
    shared.watches().begin(node);
    long question = shared.questions().next();
    try {
      return note(node, shared.source().attributes(node.inner(shared.source())), question);
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        names.forgetWayTo(node);
      }
      throw e;
    }
  }

  /** Notes what the source answered, and returns it for use. */
  Known note(CachedNode node, Attributes fresh, long question) {
    Known before;
    Known answer;
    Draft written;
    long dropped = 0;
    synchronized (node.order) {
      if (!node.order.accepts(question)) {
        return Known.loose(new Found(node, fresh));
      }
      node.order.settle(question);
      before = node.known;
      written = node.takeDraft();
      dropped = learn(node, before, fresh, question, written);
      answer = node.known;
    }
    if (written != null) {
      written.abandon();
    }
    if (dropped != 0) {
      drop(node, dropped);
    }
    if (before != null) {
      if (node.kernelReaders() != null && !before.version().equals(Version.of(fresh))) {
        follower.accept(node);
      }
      if (!before.ours() || shared.told().isShared()) {
        tell(node, before, fresh, dropped != 0);
      }
    }
    return answer == null ? Known.loose(new Found(node, fresh)) : answer;
  }

  /**
   * Replaces what is known.
   *
   * @param written since the file was empty, which is its content if it fits, or null
   * @return the content that is of another version, and no longer the file's; 0 for none
   */
  @GuardedBy("node.order")
  private long learn(
      CachedNode node,
      @Nullable Known before,
      Attributes fresh,
      long question,
      @Nullable Draft written) {
    boolean same = before != null && before.version().equals(Version.of(fresh));
    long kept = written == null ? 0 : keep(node, fresh, written);
    long dropped = 0;
    boolean unsettled = before != null && !before.settled();
    if (!same || unsettled || kept != 0) {
      dropped = node.contentId;
      if (!same || dropped != 0 || kept != 0) {
        node.forgetContent();
      }
      forgetListing(node, same);
    }
    boolean settled = (same && !unsettled) || Known.isSettled(Version.of(fresh), clock.millis());
    if (written != null && kept != 0) {
      node.contentId = kept;
      settled |= written.isExact();
    }
    remember(node, fresh, settled, question, dropped != 0 || kept != 0);
    return dropped;
  }

  /** Keeps what was written as the content of the version it has become; 0 if it is not that. */
  @GuardedBy("node.order")
  private static long keep(CachedNode node, Attributes fresh, Draft written) {
    return fresh.linkCount() == 0 ? 0 : written.keep(Version.of(fresh), node.isPinned());
  }

  @GuardedBy("node.order")
  private void remember(
      CachedNode node, Attributes fresh, boolean settled, long question, boolean save) {
    Known before = node.known;
    Terms terms = shared.paths().terms(node);
    long now = clock.millis();
    boolean changing = node.writers > 0;
    node.known =
        new Known(
            new Found(node, fresh),
            Version.of(fresh),
            settled,
            now,
            changing ? Clock.OVER : clock.after(terms.attributes()),
            changing || terms.isStrict() ? null : watchOf(node, fresh, question),
            false);
    boolean differs = before == null || !sameToUsers(before.attributes(), fresh);
    if (save
        || differs
        || shared.records().isLate(node.persistedAtMillis, now, terms.attributes())) {
      shared.records().save(node);
    }
  }

  private static void forgetListing(CachedNode node, boolean sameVersion) {
    DirectoryState directory = node.directory();
    if (directory == null) {
      return;
    }
    DirectoryState.Complete complete = directory.complete;
    if (!sameVersion || (complete != null && !complete.settled())) {
      directory.complete = null;
      directory.listed = null;
    }
  }

  private static @Nullable Watch watchOf(CachedNode node, Attributes fresh, long question) {
    DirectoryState reporting = node.directory();
    if (reporting == null) {
      CachedNode.Place place = node.place();
      // A change made through another name of the file is not reported.
      reporting = place == null || fresh.linkCount() != 1 ? null : place.directory().directory();
    }
    Watch watch = reporting == null ? null : reporting.watch;
    return watch != null && watch.covers(question) ? watch : null;
  }

  private static boolean sameToUsers(Attributes a, Attributes b) {
    return a.mode() == b.mode()
        && a.linkCount() == b.linkCount()
        && a.uid() == b.uid()
        && a.gid() == b.gid()
        && a.blockCount() == b.blockCount()
        && a.inode() == b.inode()
        && Version.of(a).equals(Version.of(b));
  }

  private void tell(CachedNode node, Known before, Attributes fresh, boolean contentGone) {
    switch (difference(node, before, fresh, contentGone)) {
      case NONE -> {}
      case ATTRIBUTES -> shared.told().attributesChanged(node.id());
      case CONTENT -> {
        if (node.isDirectory()) {
          shared.told().listingChanged(node.id());
        } else {
          shared.told().contentChanged(node.id());
        }
      }
    }
  }

  private Difference difference(
      CachedNode node, Known before, Attributes fresh, boolean contentGone) {
    if (node.isOpenForWriting() && !shared.told().isShared()) {
      // What differs was made through the mount that asks.
      return Difference.NONE;
    }
    if (contentGone || !before.version().equals(Version.of(fresh))) {
      return Difference.CONTENT;
    }
    return sameToUsers(before.attributes(), fresh) ? Difference.NONE : Difference.ATTRIBUTES;
  }

  // --- Changes of ours ---

  /**
   * Asks the source, if content of the file is kept, whether that is of the version it has now: a
   * change of ours that spares the content can then keep it, under the new change time.
   */
  boolean isContentCurrent(CachedNode node) throws FsException {
    if (node.contentId == 0 || node.isOpenForWriting()) {
      return false;
    }
    long question = shared.questions().next();
    note(node, shared.source().attributes(node.inner(shared.source())), question);
    return node.contentId != 0;
  }

  /** Forgets a file that has no name any more. */
  void forget(CachedNode node) {
    dropContent(node);
    shared.nodes().forget(node);
    synchronized (node.order) {
      if (node.persistedAtMillis != 0) {
        shared.index().removeInode(node.key());
        node.persistedAtMillis = 0;
      }
    }
  }

  /** Begins a change of a file: what was known is not used until it ends. */
  long beginChange(CachedNode node) {
    node.order.begin();
    expireByUs(node);
    return shared.questions().next();
  }

  /**
   * Ends a change that left the content as it was.
   *
   * @param after what the source said after the change, or null if nobody asked it
   * @param sameBefore whether the source said just before the change what is known of the file
   */
  void endChange(CachedNode node, @Nullable Attributes after, boolean sameBefore) {
    end(node, after, sameBefore ? Bytes.KEPT : Bytes.UNKNOWN);
  }

  /** Ends a change of the content. */
  void endContentChange(CachedNode node, @Nullable Attributes after) {
    end(node, after, Bytes.CHANGED);
  }

  /** What a change of ours did to the bytes of a file. */
  private enum Bytes {
    KEPT,
    UNKNOWN,
    CHANGED
  }

  private void end(CachedNode node, @Nullable Attributes after, Bytes bytes) {
    long dropped = 0;
    long restamped = 0;
    Version version = null;
    Draft written;
    synchronized (node.order) {
      long question = shared.questions().last();
      boolean sure = node.order.end();
      written = node.takeDraft();
      node.flight = null;
      Known before = node.known;
      if (sure && after != null) {
        version = Version.of(after);
        if (bytes == Bytes.KEPT
            && before != null
            && node.contentId != 0
            && sameBytes(before, after)) {
          restamped = node.contentId;
          remember(node, after, before.settled(), question, true);
        } else {
          dropped = learn(node, before, after, question, written);
        }
      }
      if (bytes == Bytes.CHANGED && node.contentId != 0) {
        dropped = node.contentId;
        node.forgetContent();
        shared.records().save(node);
      }
    }
    if (written != null) {
      written.abandon();
    }
    if (dropped != 0) {
      drop(node, dropped);
    } else if (restamped != 0 && version != null) {
      shared.data().restamp(restamped, version);
    }
    if (shared.told().isShared()) {
      if (bytes == Bytes.KEPT) {
        shared.told().attributesChanged(node.id());
      } else {
        shared.told().contentChanged(node.id());
      }
    }
  }

  private static boolean sameBytes(Known before, Attributes after) {
    return before.attributes().size() == after.size()
        && before.attributes().modified().equals(after.modified());
  }

  /** Gives up the content known of a file, which is about to change. */
  void dropContent(CachedNode node) {
    long dropped;
    synchronized (node.order) {
      dropped = node.contentId;
      node.forgetContent();
      if (dropped != 0) {
        shared.records().save(node);
      }
    }
    if (dropped != 0) {
      drop(node, dropped);
    }
  }

  /** Makes the source be asked before what is known is used again. */
  void expire(CachedNode node) {
    expire(node, false);
  }

  /** As {@link #expire(CachedNode)}, because of a change made through here. */
  void expireByUs(CachedNode node) {
    expire(node, true);
  }

  private void expire(CachedNode node, boolean ours) {
    synchronized (node.order) {
      node.flight = null;
      Known known = node.known;
      if (known == null) {
        return;
      }
      boolean saved = known.checkedAtMillis() == 0;
      if (!saved || ours) {
        node.known = ours ? known.changedByUs() : known.expired();
      }
      if (!saved) {
        shared.records().saveExpired(node);
      }
    }
  }
}
