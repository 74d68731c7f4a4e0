package io.cachefs.source.guard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.Source;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.OpenDescriptors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real directory whose system calls hang when told to, with real threads and short deadlines. */
@Timeout(60)
class GuardedSourceTest {
  private static final Duration DEADLINE = Duration.ofMillis(400);
  private static final Caller SELF = new Caller(0, 0, 1, 022);
  private static final GuardSettings SETTINGS = settings(false, 8);

  @TempDir private Path directory;
  private final HangingCalls hanging = new HangingCalls();
  private final List<GuardedSource> opened = new ArrayList<>();

  private static GuardSettings settings(boolean waits, int threads) {
    return new GuardSettings(
        DEADLINE, waits, threads, DEADLINE, Duration.ofMillis(20), Duration.ofMillis(40));
  }

  @BeforeEach
  void fill() throws IOException {
    Files.write(directory.resolve("file"), content(3 << 20));
    Files.writeString(directory.resolve("small"), "small");
  }

  @AfterEach
  void leavesNothingBehind() throws IOException {
    hanging.succeed();
    hanging.release();
    for (GuardedSource source : opened) {
      source.close();
      eventually(() -> source.threads() == 0);
      source.checkInvariants();
      assertThat(source.calls().stuck()).isZero();
    }
    eventually(() -> descriptors().isEmpty());
    eventually(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("source-")));
  }

  private List<String> descriptors() {
    try {
      return OpenDescriptors.under(directory);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void eventually(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static byte[] content(int size) {
    byte[] content = new byte[size];
    for (int i = 0; i < size; i++) {
      content[i] = (byte) (i * 31 + (i >> 11));
    }
    return content;
  }

  private GuardedSource open(GuardSettings settings) throws FsException {
    GuardedSource source =
        GuardedSource.over(
            PosixSource.open(hanging.calls(), directory, 64),
            settings,
            System::nanoTime,
            InstantSource.system());
    opened.add(source);
    return source;
  }

  private static SourceNode root(Source source) throws FsException {
    return source.root().node();
  }

  private static SourceNode find(Source source, String name) throws FsException {
    return source.find(root(source), Name.of(name)).node();
  }

  private static SourceFile openFile(Source source, String name, int flags) throws FsException {
    return source.open(find(source, name), flags).file();
  }

  private static Errno errno(ThrowingCallable call) {
    FsException failure = catchThrowableOfType(FsException.class, call);
    assertThat(failure).isNotNull();
    return failure.errno();
  }

  private static boolean becomes(GuardedSource source, SourceHealth.State state) {
    return becomes(source, state, TimeUnit.SECONDS.toNanos(10));
  }

  private static boolean becomes(GuardedSource source, SourceHealth.State state, long nanos) {
    try {
      return source.health().await(state, nanos);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // --- While the source is well ---

  @Test
  void read_andWrite_moveAllBytesAlsoThroughSeveralCalls() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceFile file = openFile(source, "file", OpenFlags.READ_WRITE);
    ByteBuffer target = ByteBuffer.allocateDirect((3 << 20) + 10).position(7);

    assertThat(file.read(5, target)).isEqualTo((3 << 20) - 5);

    byte[] got = new byte[(3 << 20) - 5];
    assertThat(target.position()).isEqualTo(7 + got.length);
    target.get(7, got);
    assertThat(got).isEqualTo(java.util.Arrays.copyOfRange(content(3 << 20), 5, 3 << 20));

    byte[] other = new byte[(2 << 20) + 3];
    java.util.Arrays.fill(other, (byte) 9);
    ByteBuffer data = ByteBuffer.allocateDirect(other.length).put(other).flip();
    assertThat(file.write(1, data)).isEqualTo(other.length);
    assertThat(data.hasRemaining()).isFalse();
    assertThat(Files.readAllBytes(directory.resolve("file")))
        .startsWith(content(1))
        .contains(other);
    assertThat(file.passthrough()).isNull();
    file.close();
  }

  @Test
  void list_showsEveryNameOnceHoweverSmallTheSteps() throws Exception {
    List<String> expected = new ArrayList<>(List.of(".", "..", "file", "small"));
    for (int i = 0; i < 1500; i++) {
      String name = "name-" + "x".repeat(i % 100) + i;
      Files.createFile(directory.resolve(name));
      expected.add(name);
    }
    GuardedSource source = open(SETTINGS);
    SourceDirectory open = source.openDirectory(root(source));

    for (int step : new int[] {1, 7, 600, 10_000}) {
      List<String> seen = new ArrayList<>();
      long[] cookie = {0};
      int before = -1;
      while (seen.size() != before) {
        before = seen.size();
        int end = before + step;
        open.list(
            cookie[0],
            (name, length, inode, type, next) -> {
              if (seen.size() == end) {
                return false;
              }
              seen.add(new String(name, 0, length, UTF_8));
              cookie[0] = next;
              return true;
            });
      }
      assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
    }
    open.close();
  }

  @Test
  void list_fromAnEarlierPosition_goesBack() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceDirectory open = source.openDirectory(root(source));
    List<String> names = new ArrayList<>();
    List<Long> cookies = new ArrayList<>();
    SourceDirectory.Visitor visitor =
        (name, length, inode, type, next) -> {
          names.add(new String(name, 0, length, UTF_8));
          cookies.add(next);
          return true;
        };
    open.list(0, visitor);
    List<String> first = List.copyOf(names);
    names.clear();

    open.list(cookies.get(1), visitor);

    assertThat(names).isEqualTo(first.subList(2, first.size()));
    open.close();
  }

  @Test
  void failures_ofOneFile_areNoFailuresOfTheSource() throws Exception {
    GuardedSource source = open(SETTINGS);

    assertThat(errno(() -> find(source, "absent"))).isEqualTo(Errno.ENOENT);
    assertThat(errno(() -> source.rmdir(root(source), Name.of("file")))).isEqualTo(Errno.ENOTDIR);

    assertThat(source.health().status().doubtful()).isZero();
    assertThat(source.health().state()).isEqualTo(SourceHealth.State.UP);
  }

  @Test
  void calls_thatAreSlowButAnswered_areFine() throws Exception {
    GuardedSource source = open(SETTINGS);
    hanging.hang("attributes");
    CompletableFuture<SourceNode> slow = async(() -> find(source, "file"));
    hanging.awaitStuck(1);
    hanging.release();

    assertThat(slow.join().id()).isNotNull();
    assertThat(source.health().status().late()).isZero();
  }

  @Test
  void close_ofAFile_doesNotWaitAndHappens() throws Exception {
    Duration patience = Duration.ofSeconds(30);
    GuardedSource source = open(GuardSettings.of(patience, false));
    SourceFile file = openFile(source, "file", OpenFlags.READ_ONLY);
    SourceDirectory open = source.openDirectory(root(source));
    int before = descriptors().size();
    hanging.hang("close");

    long start = System.nanoTime();
    file.close();
    open.close();
    file.close();
    assertThat(System.nanoTime() - start).isLessThan(patience.toNanos() / 3);

    hanging.awaitStuck(2);
    hanging.release();
    eventually(() -> descriptors().size() == before - 2);
  }

  @Test
  void read_ofOneByte_asTheFirstOfAThread() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceFile file = openFile(source, "file", OpenFlags.READ_ONLY);

    assertThat(file.read(0, ByteBuffer.allocateDirect(1))).isEqualTo(1);

    file.close();
  }

  @Test
  void manyCallers_shareFewThreads() throws Exception {
    GuardedSource source = open(settings(false, 3));
    Parallel.run(
        16,
        number -> {
          for (int i = 0; i < 200; i++) {
            assertThat(find(source, "file").id()).isNotNull();
          }
        });
    assertThat(source.threads()).isLessThanOrEqualTo(3);
    assertThat(source.calls().calls()).isEqualTo(2 * 16 * 200);
  }

  // --- When it hangs ---

  private <T> CompletableFuture<T> async(java.util.concurrent.Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                result.complete(work.call());
              } catch (Throwable e) {
                result.completeExceptionally(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return result;
  }

  @Test
  void call_thatHangs_failsAtTheDeadline() throws Exception {
    GuardedSource source = open(SETTINGS);
    long shortest = Long.MAX_VALUE;
    // A busy machine may wake a thread late, but not each time.
    for (int i = 0; i < 5; i++) {
      hanging.hang("");
      long start = System.nanoTime();
      FsException failure = catchThrowableOfType(FsException.class, () -> source.root());
      long took = System.nanoTime() - start;

      assertThat(failure.errno()).isEqualTo(Errno.EIO);
      assertThat(failure).hasMessageContaining("the source did not answer for 400 ms");
      assertThat(took).isGreaterThanOrEqualTo(DEADLINE.toNanos());
      assertThat(becomes(source, SourceHealth.State.DOWN)).isTrue();
      shortest = Math.min(shortest, took);
      hanging.release();
      assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
      // What comes back late counts as an answer, and must not fall into the next round.
      eventually(() -> source.calls().inFlight() == 0);
    }
    assertThat(shortest - DEADLINE.toNanos()).isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
  }

  @Test
  void calls_whileItIsDown_failAtOnceAndGoOnWhenItAnswers() throws Exception {
    GuardedSource source = open(SETTINGS);
    List<SourceHealth.State> states = new CopyOnWriteArrayList<>();
    source.health().listen((now, reason) -> states.add(now));
    hanging.hang("");
    assertThat(errno(() -> find(source, "file"))).isEqualTo(Errno.EIO);

    long start = System.nanoTime();
    for (int i = 0; i < 1000; i++) {
      assertThat(errno(() -> source.root())).isEqualTo(Errno.EIO);
    }
    assertThat(System.nanoTime() - start).isLessThan(100 * DEADLINE.toNanos());
    assertThat(source.health().status().refused()).isGreaterThanOrEqualTo(1000);

    hanging.release();
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    assertThat(find(source, "file").id()).isNotNull();
    eventually(() -> source.calls().stuck() == 0);
    // Listeners hear a moment after the state has changed.
    List<SourceHealth.State> expected = List.of(SourceHealth.State.DOWN, SourceHealth.State.UP);
    eventually(() -> states.equals(expected));
    assertThat(source.health().status().probes()).isPositive();
  }

  @Test
  void oneLostCall_whileOthersAreAnswered_doesNotTakeTheSourceDown() throws Exception {
    GuardedSource source = open(SETTINGS);
    List<SourceHealth.State> states = new CopyOnWriteArrayList<>();
    source.health().listen((now, reason) -> states.add(now));
    SourceFile file = openFile(source, "small", OpenFlags.READ_ONLY);
    hanging.hang("read");

    CompletableFuture<Integer> lost = async(() -> file.read(0, ByteBuffer.allocateDirect(5)));
    hanging.awaitStuck(1);
    assertThat(find(source, "file").id()).isNotNull();

    assertThat(lost).failsWithin(Duration.ofSeconds(10));
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    assertThat(states).doesNotContain(SourceHealth.State.DOWN);
    assertThat(source.calls().stuck()).isEqualTo(1);
    file.close();
  }

  @Test
  void whatALateCallOpened_isClosed() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceNode file = find(source, "file");
    SourceNode root = root(source);
    int before = descriptors().size();
    hanging.hang("attributes");
    List<ThrowingCallable> openings =
        List.of(
            () -> source.open(file, OpenFlags.READ_ONLY),
            () -> source.create(SELF, root, Name.of("made"), 0600, OpenFlags.READ_WRITE),
            () -> source.pin(root, Name.of("file")));
    Parallel.run(3, number -> assertThat(errno(openings.get(number))).isEqualTo(Errno.EIO));

    hanging.release();
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    eventually(() -> source.calls().inFlight() == 0);

    assertThat(descriptors()).hasSize(before);
    assertThat(directory.resolve("made")).exists();
  }

  @Test
  void aLateRead_doesNotTouchTheCallersMemory() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceFile file = openFile(source, "small", OpenFlags.READ_WRITE);
    hanging.hang("read");
    ByteBuffer target = ByteBuffer.allocateDirect(5);
    assertThat(errno(() -> file.read(0, target))).isEqualTo(Errno.EIO);

    hanging.release();
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    eventually(() -> source.calls().inFlight() == 0);

    assertThat(target).isEqualTo(ByteBuffer.allocateDirect(5));
    assertThat(file.read(0, target)).isEqualTo(5);
    file.close();
  }

  @Test
  void aLateWrite_writesWhatTheCallerHadThen() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceFile file = openFile(source, "small", OpenFlags.READ_WRITE);
    hanging.hang("write");
    ByteBuffer data = ByteBuffer.allocateDirect(3).put("new".getBytes(UTF_8)).flip();
    assertThat(errno(() -> file.write(0, data))).isEqualTo(Errno.EIO);
    data.put(0, "BAD".getBytes(UTF_8));

    hanging.release();
    eventually(() -> source.calls().inFlight() == 0);

    assertThat(directory.resolve("small")).hasContent("newll");
    file.close();
  }

  @Test
  void allThreadsStuck_failsAtOnce() throws Exception {
    GuardedSource source = open(settings(false, 4));
    SourceFile file = openFile(source, "small", OpenFlags.READ_ONLY);
    hanging.hang("read");
    List<CompletableFuture<Integer>> reads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      reads.add(async(() -> file.read(0, ByteBuffer.allocateDirect(5))));
    }
    reads.forEach(read -> assertThat(read).failsWithin(Duration.ofSeconds(10)));
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    assertThat(source.calls().stuck()).isEqualTo(4);

    FsException failure = catchThrowableOfType(FsException.class, () -> source.root());

    assertThat(failure).hasMessageContaining("stuck");
    source.checkInvariants();
    hanging.release();
    eventually(() -> source.calls().stuck() == 0);
    assertThat(source.root()).isNotNull();
    file.close();
  }

  @Test
  void callsThatFoundNoFreeThread_areGivenUpAtTheirDeadlineToo() throws Exception {
    GuardedSource source = open(settings(false, 2));
    hanging.hang("");
    AtomicInteger failed = new AtomicInteger();
    long start = System.nanoTime();

    Parallel.run(
        40,
        number -> {
          assertThat(errno(() -> source.root())).isEqualTo(Errno.EIO);
          failed.incrementAndGet();
        });

    assertThat(failed).hasValue(40);
    assertThat(System.nanoTime() - start).isLessThan(DEADLINE.toNanos() * 10);
    assertThat(source.calls().inFlight()).isEqualTo(2);
    source.checkInvariants();
  }

  @Test
  void aDirectory_whoseListingIsStuck_isNotListedBesides() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceDirectory open = source.openDirectory(root(source));
    hanging.hang("readDirectory");
    AtomicInteger seen = new AtomicInteger();
    SourceDirectory.Visitor visitor =
        (name, length, inode, type, next) -> seen.incrementAndGet() > 0;
    assertThat(errno(() -> open.list(0, visitor))).isEqualTo(Errno.EIO);
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();

    assertThat(errno(() -> open.list(0, visitor))).isEqualTo(Errno.EIO);
    assertThat(source.calls().inFlight()).isEqualTo(1);

    hanging.release();
    eventually(() -> source.calls().inFlight() == 0);
    assertThat(seen).hasValue(0);
    open.list(0, visitor);
    assertThat(seen).hasValue(4);
    open.close();
  }

  @Test
  void sync_mayTakeLongWhileTheSourceIsWell_andIsGivenUpWhenItIsNot() throws Exception {
    GuardedSource source = open(SETTINGS);
    SourceFile file = openFile(source, "small", OpenFlags.READ_WRITE);
    hanging.hang("sync");
    CompletableFuture<Boolean> slow =
        async(
            () -> {
              file.sync(false);
              return true;
            });
    eventually(() -> source.health().status().late() >= 3);
    assertThat(slow).isNotDone();
    hanging.release();
    assertThat(slow).succeedsWithin(Duration.ofSeconds(10));

    hanging.hang("");
    assertThat(errno(() -> file.sync(false))).isEqualTo(Errno.EIO);
    assertThat(source.health().state()).isEqualTo(SourceHealth.State.DOWN);
    file.close();
  }

  @Test
  void interrupt_endsTheWaitAndKeepsTheMark() throws Exception {
    GuardedSource source = open(settings(true, 8));
    hanging.hang("");
    CompletableFuture<Boolean> marked = new CompletableFuture<>();
    Thread caller =
        new Thread(
            () -> {
              Errno got = errno(() -> source.root());
              marked.complete(got == Errno.EINTR && Thread.currentThread().isInterrupted());
            });
    caller.setDaemon(true);
    caller.start();
    hanging.awaitStuck(1);

    caller.interrupt();

    assertThat(marked).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(true);
  }

  // --- Failing ---

  @Test
  void aServerThatIsGone_takesTheSourceDownAtOnceAndUpAgain() throws Exception {
    GuardedSource source = open(SETTINGS);
    hanging.fail("", Errno.ENOTCONN);

    assertThat(errno(() -> source.root())).isEqualTo(Errno.EIO);
    assertThat(becomes(source, SourceHealth.State.DOWN)).isTrue();
    assertThat(source.health().status().lastError()).contains("ENOTCONN");
    int made = hanging.made();
    assertThat(errno(() -> find(source, "file"))).isEqualTo(Errno.EIO);
    assertThat(hanging.made() - made).isLessThan(3);

    hanging.succeed();
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    assertThat(source.root()).isNotNull();
  }

  @Test
  void oneBadFile_doesNotTakeTheSourceDown() throws Exception {
    GuardedSource source = open(SETTINGS);
    List<SourceHealth.State> states = new CopyOnWriteArrayList<>();
    source.health().listen((now, reason) -> states.add(now));
    SourceFile file = openFile(source, "small", OpenFlags.READ_ONLY);
    hanging.fail("read", Errno.EIO);

    for (int i = 0; i < 100; i++) {
      assertThat(errno(() -> file.read(0, ByteBuffer.allocateDirect(5)))).isEqualTo(Errno.EIO);
    }

    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    eventually(() -> !states.isEmpty());
    assertThat(states).doesNotContain(SourceHealth.State.DOWN);
    file.close();
  }

  // --- Waiting while it is down ---

  @Test
  void waiting_callsAreAnsweredWhenTheSourceComesBack() throws Exception {
    GuardedSource source = open(settings(true, 2));
    hanging.hang("");
    List<CompletableFuture<SourceNode>> waiting = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      waiting.add(async(() -> find(source, "file")));
    }
    assertThat(becomes(source, SourceHealth.State.DOWN)).isTrue();
    CompletableFuture<SourceNode> later = async(() -> find(source, "small"));
    assertThat(waiting).noneMatch(CompletableFuture::isDone);

    hanging.release();

    waiting.forEach(each -> assertThat(each).succeedsWithin(Duration.ofSeconds(10)));
    assertThat(later).succeedsWithin(Duration.ofSeconds(10));
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    eventually(() -> source.calls().inFlight() == 0);
  }

  @Test
  void waiting_readsAreMadeAgainWhenTheServerWasGone() throws Exception {
    GuardedSource source = open(settings(true, 8));
    hanging.fail("", Errno.ENOTCONN);
    CompletableFuture<SourceNode> waiting = async(() -> find(source, "file"));
    assertThat(becomes(source, SourceHealth.State.DOWN)).isTrue();
    assertThat(waiting).isNotDone();

    hanging.succeed();

    assertThat(waiting).succeedsWithin(Duration.ofSeconds(10));
  }

  @Test
  void close_releasesWhoWaits() throws Exception {
    GuardedSource source = open(settings(true, 8));
    source.health().forceDown("test");
    CompletableFuture<SourceNode> waiting = async(() -> find(source, "file"));
    source.close();
    assertThat(waiting).failsWithin(Duration.ofSeconds(10));
  }

  // --- By force ---

  @Test
  void forcedDown_staysDownUntilAllowed() throws Exception {
    GuardedSource source = open(SETTINGS);
    source.health().forceDown("maintenance");
    int made = hanging.made();

    assertThat(errno(() -> source.root())).isEqualTo(Errno.EIO);
    assertThat(source.health().status().forced()).isTrue();
    assertThat(source.health().status().reason()).isEqualTo("maintenance");
    assertThat(becomes(source, SourceHealth.State.UP, 100_000_000L)).isFalse();
    assertThat(hanging.made()).isEqualTo(made);

    source.health().allowUp();
    assertThat(becomes(source, SourceHealth.State.UP)).isTrue();
    assertThat(source.root()).isNotNull();
  }

  // --- Opening ---

  @Test
  void openWithin_whenTheDirectoryHangs_failsClearlyAndClosesWhatComesLate() throws Exception {
    hanging.hang("attributes");

    FsException failure =
        catchThrowableOfType(
            FsException.class,
            () ->
                GuardedSource.openWithin(
                    DEADLINE, () -> PosixSource.open(hanging.calls(), directory, 64)));

    assertThat(failure).hasMessageContaining("does not answer within 400 ms");
    hanging.release();
    eventually(() -> descriptors().isEmpty());
  }

  @Test
  void openWithin_givesTheSourceOrItsError() throws Exception {
    PosixSource source =
        GuardedSource.openWithin(DEADLINE, () -> PosixSource.open(hanging.calls(), directory, 64));
    assertThat(source.root()).isNotNull();
    source.close();
    Path absent = directory.resolve("absent");
    assertThat(
            errno(
                () ->
                    GuardedSource.openWithin(
                        DEADLINE, () -> PosixSource.open(hanging.calls(), absent, 64))))
        .isEqualTo(Errno.ENOENT);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void over_whenTheSourceHangs_failsAndClosesIt(boolean waits) throws Exception {
    PosixSource inner = PosixSource.open(hanging.calls(), directory, 64);
    GuardSettings settings = settings(waits, 8);
    hanging.hang("attributes");
    assertThat(
            errno(
                () ->
                    GuardedSource.over(inner, settings, System::nanoTime, InstantSource.system())))
        .isEqualTo(Errno.EIO);
    hanging.release();
    eventually(() -> descriptors().isEmpty());
  }
}
