package io.cachefs.writeback.send;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.source.Found;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.testing.concurrent.Parallel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How each kind of change is made: in how many calls, and what becomes of conflicts. */
class DeliveryTest {
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final String ASIDE = ".conflict-host-20260102T030405";
  private static final TimeChange.At TIME = new TimeChange.At(new Timestamp(1_000_000, 7));

  @TempDir private Path directory;
  private final SomeCalls calls = new SomeCalls();
  private PosixSource source;
  private SourceNode root;

  @BeforeEach
  void open() throws FsException {
    source = PosixSource.open(calls.calls(), directory, 1000);
    root = source.root().node();
  }

  @AfterEach
  void close() {
    source.close();
  }

  private static SendSettings settings(ConflictPolicy policy) {
    Duration pause = Duration.ofMillis(1);
    return new SendSettings(8, policy, "host", "c1", true, false, pause, pause);
  }

  private Receipt deliver(ConflictPolicy policy, Shipment shipment) throws FsException {
    return new Delivery(source, settings(policy), InstantSource.fixed(NOW)).deliver(shipment);
  }

  private List<String> callsOf(Shipment shipment) throws FsException {
    calls.restart(-1, SomeCalls.Fault.FAIL_BEFORE);
    Receipt receipt = deliver(ConflictPolicy.KEEP_BOTH, shipment);
    assertThat(receipt.conflict()).isNull();
    return calls.names();
  }

  private static AttributeChange attributes(int mode) {
    return new AttributeChange(mode, 0, 0, null, TIME, TIME, false);
  }

  private Shipment.Make make(String name, @Nullable String content, @Nullable Basis replaced)
      throws FsException {
    return make(name, Mode.REGULAR | 0644, content, replaced, false);
  }

  private Shipment.Make make(
      String name, int mode, @Nullable String content, @Nullable Basis replaced, boolean maybe)
      throws FsException {
    return new Shipment.Make(
        name,
        root,
        Name.of(name),
        Name.of(".cachefs-c1-" + name + ".tmp"),
        mode,
        0,
        new byte[] {'t'},
        attributes(mode & Mode.PERMISSIONS),
        List.of(),
        content == null ? null : Bytes.all(content),
        replaced,
        maybe);
  }

  private Shipment.Change change(Found file, @Nullable String content, String name)
      throws FsException {
    return new Shipment.Change(
        name,
        file.node(),
        basis(file),
        content == null ? null : Bytes.all(content),
        List.of(),
        AttributeChange.NONE.withTimes(null, TIME),
        root,
        Name.of(name),
        false);
  }

  private static Basis basis(Found file) {
    return new Basis(file.node().id(), Version.of(file.attributes()));
  }

  private Found file(String name, String content) throws IOException, FsException {
    Files.writeString(directory.resolve(name), content);
    return source.find(root, Name.of(name));
  }

  private String content(String name) throws IOException {
    return Files.readString(directory.resolve(name));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  // --- How many calls ---

  // One more "attributes" is where the system calls check that a handle found the right file, which
  // a kernel answers by itself.

  @Test
  void newFile_isMadeInFiveStepsAndNeverLookedUpBefore() throws Exception {
    assertThat(callsOf(make("a", "text", null)))
        .containsExactly(
            "open",
            "attributes",
            "write",
            "setTimes",
            "attributes",
            "rename",
            "attributes",
            "attributes");
    assertThat(content("a")).isEqualTo("text");
    assertThat(names()).containsExactly("a");
  }

  @Test
  void whatIsCompleteAtOnce_getsItsNameAtOnce() throws Exception {
    assertThat(callsOf(make("empty", null, null)))
        .containsExactly("open", "attributes", "setTimes", "attributes");
    assertThat(callsOf(make("d", Mode.DIRECTORY | 0755, null, null, false)))
        .containsExactly("mkdir", "attributes", "attributes", "setTimes", "attributes");
    assertThat(callsOf(make("l", Mode.SYMLINK | 0777, null, null, false)))
        .containsExactly("symlink", "attributes", "attributes", "setTimes", "attributes");
    assertThat(callsOf(make("p", Mode.FIFO | 0644, null, null, false)))
        .containsExactly("mknod", "attributes", "attributes", "setTimes", "attributes");
  }

  @Test
  void changes_takeFewCalls() throws Exception {
    Found file = file("a", "old");
    Found other = file("b", "other");
    assertThat(callsOf(make("a", "new text", basis(file)))).hasSize(9).contains("rename");
    Found now = source.find(root, Name.of("a"));
    assertThat(
            callsOf(change(now, "changed text", "a")).stream().filter(n -> !n.equals("attributes")))
        .containsExactly("write", "setTimes");
    assertThat(callsOf(change(other, null, "b")).stream().filter(n -> !n.equals("attributes")))
        .contains("setTimes")
        .doesNotContain("write");
    assertThat(callsOf(new Shipment.Link("c", other.node(), root, Name.of("c"), false)))
        .contains("link")
        .doesNotContain("rename");
    assertThat(
            callsOf(
                new Shipment.Remove(
                    "b", root, Name.of("b"), basis(source.find(root, Name.of("b"))), false, false)))
        .containsExactly("attributes", "unlink");
    Basis moved = new Basis(other.node().id(), null);
    assertThat(
            callsOf(
                new Shipment.Rename(
                    "c", root, Name.of("c"), root, Name.of("d"), 0, moved, null, false)))
        .containsExactly("attributes", "rename", "attributes");
    Files.createDirectory(directory.resolve("dir"));
    Found dir = source.find(root, Name.of("dir"));
    assertThat(callsOf(new Shipment.Remove("dir", root, Name.of("dir"), basis(dir), true, false)))
        .containsExactly("unlink");
    assertThat(names()).containsExactly("a", "d");
    assertThat(content("a")).isEqualTo("changed text");
  }

  // --- Conflicts ---

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void newFile_whereThereIsOne(ConflictPolicy policy) throws Exception {
    file("a", "theirs");
    Receipt receipt = deliver(policy, make("a", "ours", null));
    assertReceipt(policy, receipt, "a");
    assertContents(policy, "a");
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void replacingFile_whereThereIsANewerOne(ConflictPolicy policy) throws Exception {
    Found old = file("a", "old");
    file("a", "theirs");
    Receipt receipt = deliver(policy, make("a", "ours", basis(old)));
    assertReceipt(policy, receipt, "a");
    assertContents(policy, "a");
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void changedFile_thatChangedThereToo(ConflictPolicy policy) throws Exception {
    Found old = file("a", "old");
    file("a", "theirs");
    Receipt receipt = deliver(policy, change(old, "ours", "a"));
    assertReceipt(policy, receipt, "a");
    assertContents(policy, "a");
  }

  private static void assertReceipt(ConflictPolicy policy, Receipt receipt, String name) {
    Conflict conflict = Objects.requireNonNull(receipt.conflict());
    assertThat(conflict.at()).isEqualTo(NOW);
    assertThat(conflict.path()).isEqualTo(name);
    assertThat(receipt.given()).isEqualTo(policy == ConflictPolicy.THEIRS);
    assertThat(receipt.movedAside() == null).isEqualTo(policy != ConflictPolicy.KEEP_BOTH);
  }

  private void assertContents(ConflictPolicy policy, String name) throws IOException {
    String kept = name + ASIDE;
    switch (policy) {
      case KEEP_BOTH -> {
        assertThat(content(name)).isEqualTo("theirs");
        assertThat(content(kept)).isEqualTo("ours");
        assertThat(names()).containsExactly(name, kept);
      }
      case OURS -> {
        assertThat(content(name)).isEqualTo("ours");
        assertThat(names()).containsExactly(name);
      }
      case THEIRS -> {
        assertThat(content(name)).isEqualTo("theirs");
        assertThat(names()).containsExactly(name);
      }
    }
  }

  @Test
  void secondConflictInOneSecond_getsANumber() throws Exception {
    file("a", "theirs");
    deliver(ConflictPolicy.KEEP_BOTH, make("a", "ours", null));
    deliver(ConflictPolicy.KEEP_BOTH, make("a", "ours again", null));
    assertThat(content("a" + ASIDE + "-1")).isEqualTo("ours again");
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void partlyChangedFile_thatIsGoneThere(ConflictPolicy policy) throws Exception {
    Found old = file("a", "old");
    Files.delete(directory.resolve("a"));
    Receipt receipt = deliver(policy, change(old, "ours", "a"));
    assertThat(receipt.given()).isEqualTo(policy == ConflictPolicy.THEIRS);
    assertThat(names())
        .isEqualTo(policy == ConflictPolicy.THEIRS ? List.of() : List.of("a" + ASIDE));
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void removedFile_thatChangedThere(ConflictPolicy policy) throws Exception {
    Found old = file("a", "old");
    file("a", "theirs");
    Receipt receipt =
        deliver(policy, new Shipment.Remove("a", root, Name.of("a"), basis(old), false, false));
    assertThat(receipt.conflict()).isNotNull();
    assertThat(receipt.given()).isEqualTo(policy != ConflictPolicy.OURS);
    assertThat(names()).isEqualTo(policy == ConflictPolicy.OURS ? List.of() : List.of("a"));
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void removedDirectory_thatIsNotEmptyThere_stays(ConflictPolicy policy) throws Exception {
    Files.createDirectory(directory.resolve("d"));
    Found old = source.find(root, Name.of("d"));
    Files.writeString(directory.resolve("d/theirs"), "");
    Receipt receipt =
        deliver(policy, new Shipment.Remove("d", root, Name.of("d"), basis(old), true, false));
    assertThat(receipt.given()).isTrue();
    assertThat(directory.resolve("d/theirs")).exists();
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void newDirectory_whereThereIsOne_isThatOne(ConflictPolicy policy) throws Exception {
    Files.createDirectory(directory.resolve("d"));
    Files.writeString(directory.resolve("d/theirs"), "");
    Receipt receipt = deliver(policy, make("d", Mode.DIRECTORY | 0750, null, null, false));
    assertThat(receipt.conflict()).isNull();
    Found there = source.find(root, Name.of("d"));
    assertThat(Objects.requireNonNull(receipt.after()).node().id()).isEqualTo(there.node().id());
    assertThat(names()).containsExactly("d");
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void rename_whereThereIsANewFile(ConflictPolicy policy) throws Exception {
    Found moved = file("from", "ours");
    file("a", "theirs");
    Receipt receipt =
        deliver(
            policy,
            new Shipment.Rename(
                "from",
                root,
                Name.of("from"),
                root,
                Name.of("a"),
                0,
                new Basis(moved.node().id(), null),
                null,
                false));
    assertReceipt(policy, receipt, "from");
    if (policy == ConflictPolicy.THEIRS) {
      assertThat(names()).containsExactly("a", "from");
    } else {
      assertContents(policy, "a");
    }
  }

  @ParameterizedTest
  @EnumSource(ConflictPolicy.class)
  void link_whereThereIsANewFile(ConflictPolicy policy) throws Exception {
    Found file = file("file", "ours");
    file("a", "theirs");
    Receipt receipt =
        deliver(policy, new Shipment.Link("a", file.node(), root, Name.of("a"), false));
    assertReceipt(policy, receipt, "a");
    assertThat(content("a")).isEqualTo(policy == ConflictPolicy.OURS ? "ours" : "theirs");
    assertThat(Files.exists(directory.resolve("a" + ASIDE)))
        .isEqualTo(policy == ConflictPolicy.KEEP_BOTH);
  }

  // --- Earlier lives ---

  @Test
  void leftovers_ofThisCacheOnly_areRemoved() throws Exception {
    file(".cachefs-c1-77.tmp", "half");
    file(".cachefs-c1-a.tmp", "half");
    file(".cachefs-other-77.tmp", "of another cache");
    deliver(ConflictPolicy.KEEP_BOTH, make("a", Mode.REGULAR | 0644, "text", null, true));
    assertThat(names()).containsExactly(".cachefs-other-77.tmp", "a");
  }

  @Test
  void whatWasSentBefore_isTakenForOurs() throws Exception {
    Shipment.Make first = make("a", "text", null);
    deliver(ConflictPolicy.KEEP_BOTH, first);
    Receipt again =
        deliver(ConflictPolicy.KEEP_BOTH, make("a", Mode.REGULAR | 0644, "text", null, true));
    assertThat(again.conflict()).isNull();
    assertThat(names()).containsExactly("a");
  }

  // --- Side by side ---

  @Test
  void eightSenders_areHeldUpByTheSourceOnly() throws Exception {
    int files = 240;
    long pause = TimeUnit.MILLISECONDS.toNanos(20);
    deliver(ConflictPolicy.KEEP_BOTH, make("first", "text", null));
    calls.restart(-1, SomeCalls.Fault.FAIL_BEFORE);
    calls.slow(pause);
    Delivery delivery =
        new Delivery(source, settings(ConflictPolicy.KEEP_BOTH), InstantSource.fixed(NOW));
    AtomicInteger next = new AtomicInteger();
    long start = System.nanoTime();
    Parallel.run(
        8,
        number -> {
          int file;
          while ((file = next.getAndIncrement()) < files) {
            delivery.deliver(make("file" + file, "text " + file, null));
          }
        });
    double ideal = (double) calls.count() * pause / 8;
    double ratio = (System.nanoTime() - start) / ideal;
    System.out.printf("%d calls, %.2f of the time they take%n", calls.count(), ratio);
    assertThat(calls.count()).isEqualTo(files * 8);
    assertThat(ratio).isLessThan(2.5);
  }
}
