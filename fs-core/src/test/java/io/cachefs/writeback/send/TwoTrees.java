package io.cachefs.writeback.send;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.writeback.queue.Kind;
import io.cachefs.writeback.queue.Operation;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Changes one directory at once, and knows the operations that make another one equal to it.
 * Thread-safe as far as it is a {@link Book}; changes come before sending.
 */
final class TwoTrees implements Book, AutoCloseable {
  private static final Caller ROOT = new Caller(0, 0, 0, 0);
  private static final int EXCHANGE = 2;
  private static final byte[] ATTRIBUTE = "user.test".getBytes(StandardCharsets.UTF_8);

  /** A file or directory. */
  static final class Node {
    final long number;
    final SourceNode here;
    final int type;
    final Map<Name, Node> children = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    int names = 1;
    byte[] content = {};
    volatile @Nullable SourceNode base;
    volatile @Nullable Version version;

    Node(long number, SourceNode here) {
      this.number = number;
      this.here = here;
      this.type = here.type();
    }

    boolean isDirectory() {
      return Mode.isDirectory(type);
    }
  }

  /** Says what an operation means when it is sent. */
  private interface Meaning {
    Shipment now(boolean maybeSent) throws FsException;
  }

  private record Item(Operation operation, @Nullable Node node, Meaning meaning) {}

  /** A name that there is. */
  private record Entry(Node directory, Name name, Node child) {}

  final PosixSource source;
  private final PosixSource here;
  private final Random random;
  private final Node root;
  private final Map<Long, Item> items = new LinkedHashMap<>();
  private final Map<Long, Boolean> begun = new TreeMap<>();
  private final List<Receipt> receipts = new ArrayList<>();
  private long numbers;

  TwoTrees(Path here, Path there, FileCalls calls, Random random) throws FsException {
    this.here = PosixSource.open(new LinuxFileCalls(), here, 100);
    this.source = PosixSource.open(calls, there, 100);
    this.random = random;
    this.root = new Node(++numbers, this.here.root().node());
    root.base = source.root().node();
  }

  @Override
  public void close() {
    here.close();
    source.close();
  }

  // --- Changes ---

  /** Changes something. */
  void step() throws FsException {
    switch (random.nextInt(14)) {
      case 0, 1 -> makeDirectory();
      case 2, 3, 4 -> makeFile();
      case 5 -> makeOther();
      case 6 -> link();
      case 7 -> remove();
      case 8, 9 -> rename();
      case 10, 11 -> changeContent();
      case 12 -> changeAttributes();
      default -> exchange();
    }
  }

  /** Gives directories their times, which is last. */
  void finish() throws FsException {
    for (Node directory : directories()) {
      Timestamp time = new Timestamp(1_000_000 + directory.number, 123_456_789);
      AttributeChange times = AttributeChange.NONE.withTimes(null, new TimeChange.At(time));
      here.change(directory.here, times);
      add(
          new Operation(++numbers, Kind.LAST, 0, List.of(directory.number), List.of()),
          directory,
          maybe ->
              new Shipment.Change(
                  "?", base(directory), basis(directory), null, List.of(), times, maybe));
    }
  }

  private List<Node> directories() {
    List<Node> found = new ArrayList<>(List.of(root));
    entries().stream()
        .filter(entry -> entry.child().isDirectory())
        .forEach(e -> found.add(e.child()));
    return found;
  }

  private List<Entry> entries() {
    List<Entry> found = new ArrayList<>();
    List<Node> left = new ArrayList<>(List.of(root));
    while (!left.isEmpty()) {
      Node directory = left.remove(left.size() - 1);
      directory.children.forEach(
          (name, child) -> {
            found.add(new Entry(directory, name, child));
            if (child.isDirectory()) {
              left.add(child);
            }
          });
    }
    return found;
  }

  private Node anyDirectory() {
    List<Node> all = directories();
    return all.get(random.nextInt(all.size()));
  }

  private @Nullable Entry any(boolean directoriesToo) {
    List<Entry> all =
        entries().stream().filter(e -> directoriesToo || !e.child().isDirectory()).toList();
    return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
  }

  private Name freeName(Node directory) throws FsException {
    Name name;
    do {
      name = Name.of("n" + random.nextInt(1000));
    } while (directory.children.containsKey(name));
    return name;
  }

  private int mode() {
    return List.of(0644, 0600, 0755, 04755, 02711, 0400).get(random.nextInt(6));
  }

  private Caller owner() {
    return random.nextInt(3) == 0 ? new Caller(1000, 1001, 0, 0) : ROOT;
  }

  private void makeDirectory() throws FsException {
    Node directory = anyDirectory();
    Name name = freeName(directory);
    Found made = here.mkdir(owner(), directory.here, name, 0700 | random.nextInt(0100));
    added(directory, name, made, new byte[0], null);
  }

  private void makeOther() throws FsException {
    Node directory = anyDirectory();
    Name name = freeName(directory);
    byte[] target = ("to/" + random.nextInt(100)).getBytes(StandardCharsets.UTF_8);
    if (random.nextBoolean()) {
      added(directory, name, here.symlink(owner(), directory.here, name, target), target, null);
    } else {
      int mode = Mode.FIFO | 0640;
      added(directory, name, here.mknod(owner(), directory.here, name, mode, 0), target, null);
    }
  }

  private void makeFile() throws FsException {
    Node directory = anyDirectory();
    Entry old = random.nextInt(4) == 0 ? any(false) : null;
    Name name = old == null ? freeName(directory) : old.name();
    Name made = old == null ? name : freeName(old.directory());
    Node in = old == null ? directory : old.directory();
    int flags = OpenFlags.WRITE_ONLY | OpenFlags.CREATE | OpenFlags.EXCLUSIVE;
    Source.Created created = here.create(owner(), in.here, made, mode(), flags);
    byte[] content = content(random.nextInt(5) == 0 ? 0 : random.nextInt(200_000));
    write(created.file(), 0, content);
    Node replaced = null;
    if (old != null) {
      here.rename(in.here, made, in.here, name, 0, id -> created.found().node());
      replaced = old.child();
      replaced.names--;
    }
    boolean xattr = random.nextInt(4) == 0;
    if (xattr) {
      here.setXattr(created.found().node(), ATTRIBUTE, content(20), 0);
    }
    Found found = new Found(created.found().node(), here.attributes(created.found().node()));
    added(in, name, found, content, replaced).content = content;
  }

  private byte[] content(int size) {
    byte[] content = new byte[size];
    random.nextBytes(content);
    return content;
  }

  private static void write(SourceFile file, long offset, byte[] content) throws FsException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(content.length).put(content).flip();
    file.write(offset, buffer);
    file.close();
  }

  private Node added(
      Node directory, Name name, Found made, byte[] contentOrTarget, @Nullable Node replaced)
      throws FsException {
    Node node = new Node(++numbers, made.node());
    directory.children.put(name, node);
    Attributes now = made.attributes();
    AttributeChange attributes = all(now);
    List<Shipment.XattrChange> xattrs = xattrs(node);
    Name temporary = Name.of(".cachefs-c1-" + node.number + ".tmp");
    boolean regular = Mode.isRegular(node.type);
    List<Dirty.Range> ranges = parts(contentOrTarget.length);
    add(
        new Operation(
            ++numbers,
            replaced == null ? Kind.ADD : Kind.CHANGE,
            node.number,
            replaced == null ? List.of() : List.of(replaced.number),
            List.of(new Operation.Place(directory.number, name))),
        node,
        maybe ->
            new Shipment.Make(
                name.toString(),
                base(directory),
                name,
                temporary,
                now.mode(),
                0,
                regular ? new byte[0] : contentOrTarget,
                attributes,
                xattrs,
                regular ? new Bytes(contentOrTarget, 0, ranges) : null,
                replaced == null ? null : basis(replaced),
                maybe));
    return node;
  }

  /** A file in parts as a journal has it. */
  private static List<Dirty.Range> parts(int size) {
    List<Dirty.Range> parts = new ArrayList<>();
    for (int i = 0; i < size; i += 65_536) {
      parts.add(new Dirty.Range(i, Math.min(65_536, size - i)));
    }
    return parts;
  }

  private AttributeChange all(Attributes now) {
    boolean symlink = now.isSymlink();
    return new AttributeChange(
        symlink ? null : now.mode() & Mode.PERMISSIONS,
        now.uid(),
        now.gid(),
        null,
        new TimeChange.At(now.accessed()),
        new TimeChange.At(now.modified()),
        false);
  }

  private List<Shipment.XattrChange> xattrs(Node node) {
    try {
      return List.of(new Shipment.XattrChange(ATTRIBUTE, here.xattr(node.here, ATTRIBUTE)));
    } catch (FsException e) {
      return List.of();
    }
  }

  private void link() throws FsException {
    Entry file = any(false);
    if (file == null) {
      return;
    }
    Node directory = anyDirectory();
    Name name = freeName(directory);
    here.link(file.child().here, directory.here, name);
    directory.children.put(name, file.child());
    file.child().names++;
    add(
        operation(Kind.ADD, file.child(), null, directory, name, null, null),
        file.child(),
        maybe -> new Shipment.Link("?", base(file.child()), base(directory), name, maybe));
  }

  private Operation operation(
      Kind kind,
      Node node,
      @Nullable Node other,
      Node directory,
      Name name,
      @Nullable Node newDirectory,
      @Nullable Name newName) {
    List<Operation.Place> places = new ArrayList<>();
    places.add(new Operation.Place(directory.number, name));
    if (newDirectory != null && newName != null) {
      places.add(new Operation.Place(newDirectory.number, newName));
    }
    List<Long> nodes = other == null ? List.of(node.number) : List.of(node.number, other.number);
    return new Operation(++numbers, kind, 0, nodes, places);
  }

  private void remove() throws FsException {
    Entry entry = any(true);
    if (entry == null || !entry.child().children.isEmpty()) {
      return;
    }
    Node child = entry.child();
    if (child.isDirectory()) {
      here.rmdir(entry.directory().here, entry.name());
    } else {
      here.unlink(entry.directory().here, entry.name());
    }
    entry.directory().children.remove(entry.name());
    child.names--;
    add(
        operation(Kind.REMOVE, child, null, entry.directory(), entry.name(), null, null),
        child,
        maybe ->
            new Shipment.Remove(
                "?",
                base(entry.directory()),
                entry.name(),
                basis(child),
                child.isDirectory(),
                maybe));
  }

  private boolean isBelow(Node node, Node above) {
    return node == above || above.children.values().stream().anyMatch(each -> isBelow(node, each));
  }

  private void rename() throws FsException {
    Entry from = any(true);
    Node directory = anyDirectory();
    Entry over = random.nextInt(3) == 0 ? any(false) : null;
    if (from == null
        || isBelow(directory, from.child())
        || (over != null && (from.child().isDirectory() || from.child() == over.child()))) {
      return;
    }
    Node to = over == null ? directory : over.directory();
    Name name = over == null ? freeName(to) : over.name();
    Node replaced = over == null ? null : over.child();
    here.rename(from.directory().here, from.name(), to.here, name, 0, id -> from.child().here);
    from.directory().children.remove(from.name());
    to.children.put(name, from.child());
    if (replaced != null) {
      replaced.names--;
    }
    add(
        operation(Kind.CHANGE, from.child(), replaced, from.directory(), from.name(), to, name),
        null,
        maybe ->
            new Shipment.Rename(
                "?",
                base(from.directory()),
                from.name(),
                base(to),
                name,
                0,
                basis(from.child()),
                replaced == null ? null : basis(replaced),
                maybe));
  }

  private void exchange() throws FsException {
    Entry one = any(true);
    Entry two = any(true);
    if (one == null
        || two == null
        || one.child() == two.child()
        || isBelow(two.directory(), one.child())
        || isBelow(one.directory(), two.child())) {
      return;
    }
    here.rename(
        one.directory().here,
        one.name(),
        two.directory().here,
        two.name(),
        EXCHANGE,
        id -> id.equals(one.child().here.id()) ? one.child().here : two.child().here);
    one.directory().children.put(one.name(), two.child());
    two.directory().children.put(two.name(), one.child());
    add(
        operation(
            Kind.CHANGE,
            one.child(),
            two.child(),
            one.directory(),
            one.name(),
            two.directory(),
            two.name()),
        null,
        maybe ->
            new Shipment.Rename(
                "?",
                base(one.directory()),
                one.name(),
                base(two.directory()),
                two.name(),
                EXCHANGE,
                basis(one.child()),
                basis(two.child()),
                maybe));
  }

  private void changeContent() throws FsException {
    Entry entry = any(false);
    if (entry == null || !Mode.isRegular(entry.child().type)) {
      return;
    }
    Node file = entry.child();
    byte[] old = file.content;
    int limit = random.nextInt(3) == 0 ? random.nextInt(old.length + 1) : old.length;
    byte[] now = Arrays.copyOf(Arrays.copyOf(old, limit), random.nextInt(250_000));
    List<Dirty.Range> ranges = new ArrayList<>();
    for (int at = random.nextInt(50_000); at < now.length; at += 1 + random.nextInt(60_000)) {
      byte[] some = content(Math.min(now.length - at, 1 + random.nextInt(20_000)));
      System.arraycopy(some, 0, now, at, some.length);
      ranges.add(new Dirty.Range(at, some.length));
      at += some.length;
    }
    file.content = now;
    SourceFile open = here.open(file.here, OpenFlags.WRITE_ONLY).file();
    open.truncate(0);
    write(open, 0, now);
    Bytes bytes = new Bytes(now, limit, ranges);
    addChange(entry, bytes, List.of());
  }

  private void changeAttributes() throws FsException {
    Entry entry = any(true);
    if (entry == null || entry.child().here.type() == Mode.SYMLINK) {
      return;
    }
    AttributeChange change =
        new AttributeChange(
            mode(),
            random.nextBoolean() ? 7 : null,
            null,
            null,
            null,
            new TimeChange.At(new Timestamp(random.nextInt(1_000_000_000), 5)),
            false);
    List<Shipment.XattrChange> xattrs = List.of();
    if (Mode.isRegular(entry.child().type) && random.nextBoolean()) {
      byte[] value = content(10);
      here.setXattr(entry.child().here, ATTRIBUTE, value, 0);
      xattrs = List.of(new Shipment.XattrChange(ATTRIBUTE, value));
    }
    here.change(entry.child().here, change);
    addChange(entry, null, xattrs);
  }

  private void addChange(Entry entry, @Nullable Bytes bytes, List<Shipment.XattrChange> xattrs)
      throws FsException {
    Node node = entry.child();
    AttributeChange change = all(here.attributes(node.here));
    add(
        operation(Kind.CHANGE, node, null, entry.directory(), entry.name(), null, null),
        node,
        maybe ->
            new Shipment.Change(
                "?",
                base(node),
                basis(node),
                bytes,
                xattrs,
                change,
                base(entry.directory()),
                entry.name(),
                maybe));
  }

  private static SourceNode base(Node node) throws FsException {
    SourceNode base = node.base;
    if (base == null) {
      throw new FsException(Errno.EINVAL, "sent too early");
    }
    return base;
  }

  private static Basis basis(Node node) throws FsException {
    return new Basis(base(node).id(), node.version);
  }

  // --- The book ---

  private synchronized void add(Operation operation, @Nullable Node node, Meaning meaning) {
    items.put(operation.sequence(), new Item(operation, node, meaning));
  }

  /** Returns what is not at the source, in order. */
  synchronized List<Operation> left() {
    return items.values().stream().map(Item::operation).toList();
  }

  synchronized List<Receipt> receipts() {
    return List.copyOf(receipts);
  }

  @Override
  public Shipment begin(Operation operation) throws FsException {
    Item item;
    boolean maybe;
    synchronized (this) {
      item = items.get(operation.sequence());
      maybe = begun.put(operation.sequence(), true) != null;
    }
    if (item == null) {
      throw new IllegalStateException("sent already: " + operation);
    }
    return item.meaning().now(maybe);
  }

  @Override
  public synchronized void sent(Operation operation, Shipment shipment, Receipt receipt) {
    Item item = items.remove(operation.sequence());
    receipts.add(receipt);
    Found after = receipt.after();
    if (item != null && item.node() != null && after != null) {
      if (item.operation().makes() != 0) {
        item.node().base = after.node();
      }
      item.node().version = Version.of(after.attributes());
    }
  }

  @Override
  public void failed(Operation operation, FsException why) {}
}
