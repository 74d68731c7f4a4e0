package io.cachefs.writeback.pending;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.StatFs;
import io.cachefs.source.ChangeFeed;
import io.cachefs.source.FileId;
import io.cachefs.source.Found;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceListener;
import io.cachefs.source.SourceNode;
import io.cachefs.writeback.journal.Place;
import io.cachefs.writeback.send.Book;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A source over another one to which nothing is written: what is changed is kept in a log until
 * somebody has sent it, who asks {@link #book} for it. Thread-safe. Closes nothing that it uses.
 */
public final class PendingSource implements Source {
  /** How long a name or attributes of a file that is not at the source yet may be used. */
  private static final long LIFETIME_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final byte[] NO_TARGET = {};
  private static final int EXECUTE = 0111;

  private final Overlay overlay;
  private final Source base;
  private final Admission admission;
  private final Lookup lookup;
  private final Xattrs xattrs;
  private final Contents contents;
  private final AttributeChanges attributes;
  private final NameChanges names;
  private final Syncing syncing;
  private final Shipping shipping;
  private final Replaying replaying;
  private final Inventory inventory;

  /**
   * @param base what it is over, used as a source only
   * @param ticks the clock of the queue's times
   * @param cacheId tells temporary names at the source from those of other caches
   */
  public PendingSource(
      Source base,
      ChangeLog log,
      Sending queue,
      LongSupplier ticks,
      InstantSource wall,
      PendingSettings settings,
      String cacheId)
      throws FsException {
    this(base, log, queue, ticks, wall, settings, Admission.ALL, cacheId);
  }

  /** As the other, where not every change is let in at once. */
  public PendingSource(
      Source base,
      ChangeLog log,
      Sending queue,
      LongSupplier ticks,
      InstantSource wall,
      PendingSettings settings,
      Admission admission,
      String cacheId)
      throws FsException {
    this.base = base;
    this.admission = admission;
    this.overlay = new Overlay(base, log, queue, ticks, wall, settings, admission, cacheId);
    this.lookup = new Lookup(overlay);
    this.xattrs = new Xattrs(overlay, lookup);
    this.contents = new Contents(overlay, xattrs);
    this.attributes = new AttributeChanges(overlay, lookup, xattrs, contents);
    this.names = new NameChanges(overlay, lookup, xattrs);
    this.syncing = new Syncing(overlay);
    this.shipping = new Shipping(overlay);
    this.replaying = new Replaying(overlay);
    this.inventory = new Inventory(overlay, lookup);
    base.tell(overlay.news);
  }

  /** Returns who knows what operations mean and hears what came of them. */
  public Book book() {
    return shipping;
  }

  // --- The log ---

  /** Applies a record of the log again; before anything else is called. */
  public void replay(int kind, byte[] head, Place spot) throws FsException {
    replaying.record(kind, head, spot);
  }

  /** All records of the log were applied. */
  public void replayed() {
    replaying.end();
  }

  /** Returns of how many files something is pending. */
  public int pendingFiles() {
    return overlay.book.size();
  }

  /**
   * How much is pending.
   *
   * @param files of which something is
   * @param atSource of these
   * @param operations other than making a new file
   */
  public record Counts(long files, long atSource, long operations) {}

  public Counts counts() {
    return new Counts(overlay.book.size(), overlay.book.atSource(), overlay.ops.size());
  }

  /** Shows all that is not at the source yet, in no order. */
  public void pending(PendingChange.Visitor visitor) {
    inventory.visit(visitor);
  }

  /** Returns how much that is. */
  public PendingChange.Totals pendingTotals() {
    return inventory.totals();
  }

  /** Returns what sends the changes of the file that a path stands for, whatever its names are. */
  public List<Long> pendingOperations(String path) throws FsException {
    return inventory.operations(path);
  }

  /**
   * Reads all bytes that wait, which compares them with their checksums.
   *
   * @param wrong told the path of each file with wrong ones, and what is wrong
   * @return how many were read
   */
  public long verify(BiConsumer<String, String> wrong, BooleanSupplier ends) {
    return inventory.verify(wrong, ends);
  }

  /**
   * Copies all that waits to a directory, without asking the base; nobody else may use this then.
   *
   * @param list a new file for what was copied
   * @return how many lines that has
   */
  public long export(Path target, Path list) throws IOException, FsException {
    return new Export(overlay, target).run(list, Export.others(inventory));
  }

  /** Tells listeners that a name was changed by who is not one of them. */
  public void nameChanged(SourceNode directory, Name name) {
    overlay.news.nameChanged(directory, name);
  }

  // --- What is asked ---

  @Override
  public SourceCapabilities capabilities() {
    return base.capabilities();
  }

  @Override
  public Found root() throws FsException {
    return new Found(overlay.root, lookup.attributes(overlay.root));
  }

  @Override
  public SourceNode restore(FileId id, int type, byte[] handle, SourceNode parent, Name name) {
    SourceNode directory = Overlay.baseOf(parent);
    return base.restore(id, type, handle, directory == null ? overlay.root : directory, name);
  }

  @Override
  public Found find(SourceNode parent, Name name) throws FsException {
    return lookup.find(parent, name);
  }

  @Override
  public void doubt(SourceNode parent, Name name) {
    lookup.doubt(parent, name);
  }

  @Override
  public boolean isDown() {
    return base.isDown();
  }

  @Override
  public Attributes attributes(SourceNode node) throws FsException {
    return lookup.attributes(node);
  }

  @Override
  public byte[] readlink(SourceNode node) throws FsException {
    if (!Mode.isSymlink(node.type())) {
      throw new FsException(Errno.EINVAL);
    }
    PendingNode pending = overlay.book.of(node);
    if (pending != null && pending.base == null && pending.more != null) {
      return pending.more.target.clone();
    }
    return base.readlink(Overlay.requireBase(node));
  }

  @Override
  public void access(Caller caller, SourceNode node, int mask) throws FsException {
    PendingNode pending = overlay.book.of(node);
    if (pending == null || (pending.base != null && pending.allDirty() == 0)) {
      base.access(caller, Overlay.requireBase(node), mask);
      return;
    }
    Attributes now = lookup.attributes(node);
    int granted;
    if (caller.uid() == 0) {
      granted = 6 | (now.isDirectory() || (now.mode() & EXECUTE) != 0 ? 1 : 0);
    } else if (caller.uid() == now.uid()) {
      granted = now.mode() >> 6 & 7;
    } else if (caller.gid() == now.gid()) {
      granted = now.mode() >> 3 & 7;
    } else {
      granted = now.mode() & 7;
    }
    if ((mask & 7 & ~granted) != 0) {
      throw new FsException(Errno.EACCES);
    }
  }

  @Override
  public StatFs statfs(SourceNode node) throws FsException {
    SourceNode at = Overlay.baseOf(node);
    return base.statfs(at == null ? overlay.root : at);
  }

  @Override
  public byte[] xattr(SourceNode node, byte[] name) throws FsException {
    return xattrs.value(node, name);
  }

  @Override
  public byte[] listXattrs(SourceNode node) throws FsException {
    return xattrs.list(node);
  }

  @Override
  public SourceDirectory openDirectory(SourceNode node) throws FsException {
    if (!Mode.isDirectory(node.type())) {
      throw new FsException(Errno.ENOTDIR);
    }
    return new MergedDirectory(overlay, node, lookup);
  }

  // --- Open files ---

  @Override
  public Opened open(SourceNode node, int flags) throws FsException {
    if (Mode.isDirectory(node.type())) {
      throw new FsException(Errno.EISDIR);
    }
    if (!Mode.isRegular(node.type())) {
      throw new FsException(Errno.ENXIO, "only the kernel can open pipes, sockets and devices");
    }
    if ((flags & OpenFlags.TRUNCATE) != 0) {
      free(() -> contents.truncate(node, 0));
    }
    PendingNode pending = overlay.book.of(node);
    SourceNode file = Overlay.baseOf(node);
    boolean writes = OpenFlags.mayWrite(flags);
    SourceFile below = null;
    Attributes now = null;
    if (file != null && !writes && (pending == null || !pending.hasContent())) {
      Opened opened = base.open(file, OverlaidFile.readFlags(flags));
      below = opened.file();
      now = opened.attributes();
    }
    OverlaidFile opened = opened(node, flags, below);
    boolean done = false;
    try {
      count(opened, pending);
      boolean known = now != null && pending == null && !(node instanceof LocalNode);
      Opened result = new Opened(opened, known && now != null ? now : opened.attributes());
      done = true;
      return result;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  private OverlaidFile opened(SourceNode node, int flags, @Nullable SourceFile below) {
    return new OverlaidFile(overlay, lookup, contents, syncing, node, flags, below);
  }

  private void count(OverlaidFile opened, @Nullable PendingNode pending) {
    if (pending == null) {
      return;
    }
    Locks.Held held = overlay.locks.hold(pending);
    try {
      if (!pending.dropped) {
        opened.countAt(pending);
      }
    } finally {
      held.close();
    }
  }

  @Override
  public Created create(Caller caller, SourceNode parent, Name name, int mode, int flags)
      throws FsException {
    while (true) {
      Found there = lookup.findIfThere(parent, name);
      if (there != null && (flags & OpenFlags.EXCLUSIVE) != 0) {
        throw new FsException(Errno.EEXIST);
      }
      if (there != null) {
        return openThere(there, flags);
      }
      try {
        int type = Mode.REGULAR | (mode & Mode.PERMISSIONS);
        return created(
            admission.change(
                0, 1, () -> names.make(caller, parent, name, type, 0, NO_TARGET, true)),
            flags);
      } catch (FsException e) {
        if (e.errno() != Errno.EEXIST || (flags & OpenFlags.EXCLUSIVE) != 0) {
          throw e;
        }
      }
    }
  }

  private Created openThere(Found there, int flags) throws FsException {
    if (there.attributes().isSymlink()) {
      throw new FsException(Errno.ELOOP);
    }
    if (!there.attributes().isRegular() && !there.attributes().isDirectory()) {
      throw new FsException(Errno.ESTALE, "the name is of something else now");
    }
    Opened opened = open(there.node(), flags);
    return new Created(new Found(there.node(), opened.attributes()), opened.file());
  }

  private Created created(PendingNode made, int flags) {
    OverlaidFile file = opened(made.face, flags, null);
    file.isCountedAt(made);
    if (!OpenFlags.mayWrite(flags)) {
      overlay.applier.isReadOnly(made);
    }
    return new Created(overlay.found(made), file);
  }

  @Override
  public Created createUnnamed(Caller caller, SourceNode parent, int mode, int flags)
      throws FsException {
    int type = Mode.REGULAR | (mode & Mode.PERMISSIONS);
    return created(
        admission.change(0, 1, () -> names.make(caller, parent, null, type, 0, NO_TARGET, true)),
        flags);
  }

  // --- What is changed ---

  /** A change that gives nothing back. */
  private interface Change {
    void run() throws FsException;
  }

  private void free(Change change) throws FsException {
    boolean unused =
        admission.free(
            () -> {
              change.run();
              return true;
            });
  }

  /** Returns how many more files are changed if that one is. */
  private long files(SourceNode node) {
    return overlay.book.of(node) == null ? 1 : 0;
  }

  @Override
  public Attributes change(SourceNode node, AttributeChange change) throws FsException {
    return change.size() == null
        ? admission.change(0, files(node), () -> attributes.change(node, change))
        : admission.free(() -> attributes.change(node, change));
  }

  @Override
  public Found mkdir(Caller caller, SourceNode parent, Name name, int mode) throws FsException {
    int type = Mode.DIRECTORY | (mode & (0777 | Mode.STICKY));
    return admission.change(0, 1, () -> names.make(caller, parent, name, type, 0, NO_TARGET));
  }

  @Override
  public Found mknod(Caller caller, SourceNode parent, Name name, int mode, int device)
      throws FsException {
    int type = (mode & Mode.TYPE_MASK) == 0 ? mode | Mode.REGULAR : mode;
    return admission.change(0, 1, () -> names.make(caller, parent, name, type, device, NO_TARGET));
  }

  @Override
  public Found symlink(Caller caller, SourceNode parent, Name name, byte[] target)
      throws FsException {
    return admission.change(
        target.length, 1, () -> names.make(caller, parent, name, Mode.SYMLINK | 0777, 0, target));
  }

  @Override
  public Found link(SourceNode node, SourceNode newParent, Name newName) throws FsException {
    return admission.change(0, 1, () -> names.link(node, newParent, newName));
  }

  @Override
  public Pin pin(SourceNode parent, Name name) throws FsException {
    Found found = lookup.find(parent, name);
    SourceNode face = found.node();
    return new LocalPin(overlay, face, pinBelow(Overlay.baseOf(face)));
  }

  private @Nullable Pin pinBelow(@Nullable SourceNode file) {
    SourceNode.Where where = file == null ? null : file.where();
    if (file == null || where == null) {
      return null;
    }
    try {
      Pin pin = base.pin(where.directory(), where.name());
      if (pin.id().equals(file.id())) {
        pin.attach(file);
        return pin;
      }
      pin.close();
    } catch (FsException e) {
      // It is kept as long as the source keeps it.
    }
    return null;
  }

  @Override
  public void unlink(SourceNode parent, Name name) throws FsException {
    free(() -> names.remove(parent, name, false));
  }

  @Override
  public void rmdir(SourceNode parent, Name name) throws FsException {
    free(() -> names.remove(parent, name, true));
  }

  @Override
  public void rename(
      SourceNode parent, Name name, SourceNode newParent, Name newName, int flags, KnownNodes known)
      throws FsException {
    free(() -> names.rename(parent, name, newParent, newName, flags));
  }

  @Override
  public void setXattr(SourceNode node, byte[] name, byte[] value, int flags) throws FsException {
    boolean unused =
        admission.change(
            value.length,
            files(node),
            () -> {
              xattrs.set(node, name, value, flags);
              return true;
            });
  }

  @Override
  public void removeXattr(SourceNode node, byte[] name) throws FsException {
    free(() -> xattrs.remove(node, name));
  }

  @Override
  public void syncAll() throws FsException {
    syncing.syncAll();
  }

  // --- How long it is right ---

  @Override
  public long attributesLifetime(SourceNode node) {
    SourceNode below = Overlay.baseOf(node);
    long known = below == null ? LIFETIME_NANOS : base.attributesLifetime(below);
    return overlay.book.of(node) == null ? known : Math.max(known, LIFETIME_NANOS);
  }

  @Override
  public long nameLifetime(SourceNode directory) {
    SourceNode below = Overlay.baseOf(directory);
    return below == null ? LIFETIME_NANOS : base.nameLifetime(below);
  }

  @Override
  public long absenceLifetime(SourceNode directory) {
    SourceNode below = Overlay.baseOf(directory);
    return below == null ? LIFETIME_NANOS : base.absenceLifetime(below);
  }

  @Override
  public boolean listsUnopened() {
    return base.listsUnopened();
  }

  @Override
  public void tell(SourceListener listener) {
    overlay.news.add(listener);
  }

  @Override
  public void tellNoMore(SourceListener listener) {
    overlay.news.remove(listener);
  }

  @Override
  public @Nullable ChangeFeed changeFeed(ChangeFeed.Listener listener) throws FsException {
    return base.changeFeed(listener);
  }

  /** For people who look for a fault. */
  @Override
  public String toString() {
    return overlay.book.all().toString();
  }

  @Override
  public void close() {
    base.tellNoMore(overlay.news);
    overlay.book.all().forEach(LastPins::end);
  }
}
