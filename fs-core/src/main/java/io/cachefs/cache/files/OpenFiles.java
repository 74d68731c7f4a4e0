package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.OpenFlags;
import io.cachefs.cache.data.Content;
import io.cachefs.cache.data.Draft;
import io.cachefs.cache.eviction.Usage;
import io.cachefs.cache.metadata.Clock;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.store.ContentRecord;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Opens files: on their content in the cache, or at the source if they are to be changed. */
final class OpenFiles {
  private final Shared shared;
  private final AttributeCache attributes;
  private final NameCache names;
  private final Caching caching;
  private final Writers writers;
  private final boolean cheap;
  private final Usage usage;

  /** Told of each file opened, or null where nothing is fetched before it is opened. */
  private volatile @Nullable Planner planner;

  OpenFiles(
      Shared shared,
      AttributeCache attributes,
      NameCache names,
      Caching caching,
      Writers writers,
      boolean cheap,
      Usage usage) {
    this.shared = shared;
    this.attributes = attributes;
    this.names = names;
    this.caching = caching;
    this.writers = writers;
    this.cheap = cheap;
    this.usage = usage;
    attributes.setFollower(this::follow);
  }

  void setPlanner(Planner newPlanner) {
    planner = newPlanner;
  }

  Source.Opened open(CachedNode node, int flags) throws FsException {
    boolean writing = OpenFlags.mayWrite(flags) || (flags & OpenFlags.TRUNCATE) != 0;
    if (writing || !node.isRegular()) {
      return openInner(node, flags, writing);
    }
    Known known = attributes.current(node, names);
    if (known.watch() != null && !shared.watches().isUpToDate()) {
      // A change from before this open may be known to the source and not here.
      known = attributes.asked(node, names);
    }
    endOldContent(node);
    if (!caching.isCached(node, known.attributes())) {
      return openInner(node, flags, false);
    }
    Planner plans = planner;
    if (plans != null) {
      plans.opened(node, known.attributes());
    }
    LazyOrigin origin = new LazyOrigin(this, node, cheap);
    CachedFile file = new CachedFile(this, node, origin, shared.data().readAhead());
    return new Source.Opened(file, known.attributes());
  }

  /** Gives up content that was fetched longer ago than the lifetime of data allows. */
  private void endOldContent(CachedNode node) {
    long lifetime = shared.paths().terms(node).data();
    long id = node.contentId;
    if (lifetime == Clock.NEVER || id == 0 || shared.source().isDown()) {
      return;
    }
    ContentRecord content = shared.index().content(id);
    long age = content == null ? 0 : shared.clock().millis() - content.fetchedAtMillis();
    if (age > TimeUnit.NANOSECONDS.toMillis(lifetime)) {
      attributes.dropContent(node);
      shared.told().contentChanged(node.id());
    }
  }

  private Source.Opened openInner(CachedNode node, int flags, boolean writing) throws FsException {
    if (writing) {
      writers.opened(node);
    }
    boolean truncates = (flags & OpenFlags.TRUNCATE) != 0;
    SourceFile inner = null;
    boolean done = false;
    try {
      if (truncates) {
        contentChanges(node);
      }
      long question = shared.questions().next();
      Source.Opened opened = retried(node, flags);
      inner = opened.file();
      if (truncates) {
        truncated(node, 0);
      }
      Attributes now = attributes.note(node, opened.attributes(), question).attributes();
      done = true;
      return new Source.Opened(made(node, inner, writing, flags, opened.attributes()), now);
    } finally {
      if (inner != null && !done) {
        inner.close();
      }
      if (writing && !done) {
        writers.failed(node);
      }
    }
  }

  boolean isSourceDown() {
    return shared.source().isDown();
  }

  /** Opens the source's file to read what is missing. */
  Source.Opened openToRead(CachedNode node) throws FsException {
    return retried(node, OpenFlags.READ_ONLY);
  }

  long nanos() {
    return shared.clock().nanos();
  }

  private Source.Opened retried(CachedNode node, int flags) throws FsException {
    try {
      return shared.source().open(node.inner(shared.source()), flags);
    } catch (FsException e) {
      if (e.errno() == Errno.ESTALE) {
        names.forgetWayTo(node);
      }
      throw e;
    }
  }

  /**
   * Brings in all of a file, as somebody would who reads it.
   *
   * @return whether the source was read for it, and not by somebody else who was first
   */
  boolean fetch(CachedNode node) throws FsException {
    LazyOrigin origin = new LazyOrigin(this, node, cheap);
    try {
      ContentUse use = acquired(node, origin);
      try {
        use.content().fill(origin);
        return origin.wasOpen();
      } finally {
        use.release();
      }
    } finally {
      origin.close();
    }
  }

  /**
   * Makes the open file of a file at the source that {@code writing} is noted of.
   *
   * @param flags it was opened with
   * @param now what the source said when it opened or created the file
   */
  InnerFile made(CachedNode node, SourceFile inner, boolean writing, int flags, Attributes now) {
    Draft draft = writing && OpenFlags.mayWrite(flags) ? writers.draft(node, now) : null;
    return new InnerFile(this, writers, node, inner, writing, flags, draft);
  }

  /** Takes a use of the content of the version known now, for a reader. */
  ContentUse content(CachedNode node, LazyOrigin origin) throws FsException {
    ContentUse use = acquired(node, origin);
    usage.touched(use.content().id(), node.key(), shared.clock().millis());
    return use;
  }

  private ContentUse acquired(CachedNode node, LazyOrigin origin) throws FsException {
    Known known = node.known;
    if (known == null || known.ours()) {
      // After a change of ours nothing of the file is known but what is asked now.
      known = attributes.current(node, names);
    }
    int generation;
    long id;
    synchronized (node.order) {
      Known last = node.known;
      if (last != null) {
        known = last;
      }
      generation = node.generation;
      id = node.contentId;
    }
    Content content = shared.data().acquire(node.key(), known.version(), id, node.isPinned());
    if (isLate(node, generation, id)) {
      content.close();
      return acquired(node, origin);
    }
    return new ContentUse(node, generation, content, origin);
  }

  /** Returns whether another fetched the file and closed it since its content was looked up. */
  private static boolean isLate(CachedNode node, int generation, long lookedUp) {
    synchronized (node.order) {
      long now = node.contentId;
      return now != 0 && now != lookedUp && node.generation == generation;
    }
  }

  Attributes current(CachedNode node) throws FsException {
    return attributes.current(node, names).attributes();
  }

  /** Asks for the attributes of a file that is open at the source. */
  Attributes attributesOfOpen(CachedNode node, SourceFile inner) throws FsException {
    long question = shared.questions().next();
    return attributes.note(node, inner.attributes(), question).attributes();
  }

  // --- Changes ---

  /** The content is about to change through here. */
  void contentChanges(CachedNode node) {
    attributes.dropContent(node);
  }

  /** Makes the blobs that kernels read by themselves what the file is now. */
  void followed(CachedNode node, SourceFile inner) throws FsException {
    KernelReaders kernels = node.kernelReaders();
    if (kernels != null) {
      long size = inner.attributes().size();
      kernels.truncated(size);
      kernels.copy(inner, 0, size);
    }
  }

  /** As {@link #followed}, of a file that others changed at the source. */
  private void follow(CachedNode node) {
    if (node.isOpenForWriting()) {
      return;
    }
    try {
      SourceFile inner = openToRead(node).file();
      try {
        followed(node, inner);
      } finally {
        inner.close();
      }
    } catch (FsException e) {
      // The source does not give its new bytes to anybody now; the next change is tried again.
      attributes.expire(node);
    }
  }

  /** The file has another length through here. */
  void truncated(CachedNode node, long size) throws FsException {
    KernelReaders kernels = node.kernelReaders();
    if (kernels != null) {
      kernels.truncated(size);
    }
  }

  long copy(SourceFile inner, long offset, SourceFile target, long targetOffset, long length)
      throws FsException {
    if (target instanceof CachedFile) {
      throw new FsException(Errno.EBADF, "the target is not open for writing");
    }
    if (!(target instanceof InnerFile file)) {
      throw new FsException(Errno.EXDEV);
    }
    return file.copyFrom(inner, offset, targetOffset, length);
  }

  /** Some commands change flags of the file, and its change time with them. */
  byte[] ioctl(CachedNode node, SourceFile inner, int command, byte[] input, int outputSize)
      throws FsException {
    if (input.length == 0) {
      return inner.ioctl(command, input, outputSize);
    }
    writers.changedOtherwise(node);
    attributes.beginChange(node);
    try {
      return inner.ioctl(command, input, outputSize);
    } finally {
      attributes.endChange(node, null, false);
    }
  }
}
