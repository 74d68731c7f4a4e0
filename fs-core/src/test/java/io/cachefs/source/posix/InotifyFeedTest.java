package io.cachefs.source.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.source.ChangeFeed;
import io.cachefs.source.ChangeFeed.Kind;
import io.cachefs.source.FileId;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.Inotify;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.concurrent.Parallel;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real directories on a real disk, changed by somebody else than the source. */
@Timeout(60)
class InotifyFeedTest {
  /** How soon a change must be known, on a machine that is not held up otherwise. */
  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long AT_LAST_NANOS = TimeUnit.SECONDS.toNanos(10);

  @TempDir private Path directory;
  private final Heard heard = new Heard();
  private PosixSource source;
  private ChangeFeed feed;

  private record Touch(FileId directory, @Nullable String name, Kind kind) {}

  /** Remembers what it is told; a test can hold the teller up. */
  private static final class Heard implements ChangeFeed.Listener {
    final BlockingQueue<Touch> touches = new LinkedBlockingQueue<>();
    final List<FileId> ended = new ArrayList<>();
    final AtomicInteger lost = new AtomicInteger();
    volatile CountDownLatch open = new CountDownLatch(0);

    @Override
    public void touched(FileId directory, @Nullable Name name, Kind kind) {
      touches.add(new Touch(directory, name == null ? null : name.toString(), kind));
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void lost() {
      lost.incrementAndGet();
    }

    @Override
    public synchronized void ended(FileId directory) {
      ended.add(directory);
    }

    synchronized boolean hasEnded(FileId directory) {
      return ended.contains(directory);
    }

    /** Waits for the touch; others are passed over. */
    void await(Touch expected) throws InterruptedException {
      long end = System.nanoTime() + AT_LAST_NANOS;
      List<Touch> others = new ArrayList<>();
      while (true) {
        Touch next = touches.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(next).as("%s, heard only %s", expected, others).isNotNull();
        if (expected.equals(next)) {
          return;
        }
        others.add(next);
      }
    }
  }

  @BeforeEach
  void open() throws FsException {
    source = PosixSource.open(new LinuxFileCalls(), directory, 64);
    feed = Objects.requireNonNull(source.changeFeed(heard));
  }

  @AfterEach
  void leavesNothingBehind() throws IOException {
    heard.open.countDown();
    feed.close();
    feed.close();
    source.close();
    assertThat(feed.watched()).isZero();
    assertThat(threads()).isZero();
    assertThat(inotifyDescriptors()).isZero();
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("source-watch"))
        .count();
  }

  private static long inotifyDescriptors() throws IOException {
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(InotifyFeedTest::isInotify).count();
    }
  }

  private static boolean isInotify(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("inotify");
    } catch (IOException e) {
      return false;
    }
  }

  private static void eventually(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private SourceNode root() throws FsException {
    return source.root().node();
  }

  private FileId watchedRoot() throws FsException {
    assertThat(feed.watch(root())).isTrue();
    return root().id();
  }

  private SourceNode child(String name) throws IOException, FsException {
    Files.createDirectories(directory.resolve(name));
    return source.find(root(), Name.of(name)).node();
  }

  @Test
  void everyKindOfChange_isHeard() throws IOException, FsException, InterruptedException {
    Path file = directory.resolve("file");
    FileId id = watchedRoot();
    assertThat(source.capabilities().changeFeed()).isTrue();

    Files.createFile(file);
    heard.await(new Touch(id, "file", Kind.NAME));
    Files.writeString(file, "content");
    heard.await(new Touch(id, "file", Kind.CONTENT));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
    heard.await(new Touch(id, "file", Kind.ATTRIBUTES));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    heard.await(new Touch(id, "file", Kind.ATTRIBUTES));
    Files.move(file, directory.resolve("renamed"));
    heard.await(new Touch(id, "file", Kind.NAME));
    heard.await(new Touch(id, "renamed", Kind.NAME));
    Files.delete(directory.resolve("renamed"));
    heard.await(new Touch(id, "renamed", Kind.NAME));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    heard.await(new Touch(id, null, Kind.ATTRIBUTES));
  }

  @Test
  void eachStepOfALongWrite_isHeardSoon() throws IOException, FsException, InterruptedException {
    Path file = directory.resolve("file");
    long[] took = new long[21];
    try (OutputStream out = Files.newOutputStream(file)) {
      FileId id = watchedRoot();
      for (int i = 0; i < took.length; i++) {
        long start = System.nanoTime();
        out.write(i);
        heard.await(new Touch(id, "file", Kind.CONTENT));
        took[i] = System.nanoTime() - start;
      }
    }
    Arrays.sort(took);
    assertThat(took[took.length / 2]).isLessThan(SOON_NANOS);
  }

  @Test
  void manyWritesInAShortWhile_areToldSeldom() throws IOException, FsException {
    FileId id = watchedRoot();
    try (OutputStream a = Files.newOutputStream(directory.resolve("a"));
        OutputStream b = Files.newOutputStream(directory.resolve("b"))) {
      for (int i = 0; i < 2_000; i++) {
        a.write(i);
        b.write(i);
      }
    }
    eventually(feed::isComplete);

    assertThat(heard.touches).contains(new Touch(id, "a", Kind.CONTENT));
    assertThat(heard.touches).contains(new Touch(id, "b", Kind.CONTENT));
    assertThat(heard.touches.size()).isLessThan(400);
    assertThat(heard.lost).hasValue(0);
  }

  @Test
  void isComplete_onlyWhenEverythingWasTold() throws IOException, FsException {
    watchedRoot();
    for (int i = 0; i < 200; i++) {
      Files.createFile(directory.resolve("file" + i));
      eventually(feed::isComplete);
      assertThat(heard.touches.stream().map(Touch::name)).contains("file" + i);
    }
    heard.open = new CountDownLatch(1);
    Files.createFile(directory.resolve("held"));
    assertThat(feed.isComplete()).isFalse();
    eventually(() -> heard.touches.stream().anyMatch(touch -> "held".equals(touch.name())));
    assertThat(feed.isComplete()).isFalse();
    heard.open.countDown();
    eventually(feed::isComplete);
  }

  @Test
  void overflow_isReportedAsLost() throws IOException, FsException {
    FileId id = watchedRoot();
    long queue;
    try (var lines = Files.newBufferedReader(Path.of("/proc/sys/fs/inotify/max_queued_events"))) {
      queue = Long.parseLong(Objects.requireNonNull(lines.readLine()));
    }
    heard.open = new CountDownLatch(1);
    Path first = Files.createFile(directory.resolve("first"));
    eventually(() -> !heard.touches.isEmpty());

    // Neighbouring events must differ, else the kernel keeps one.
    Path second = Files.createFile(directory.resolve("second"));
    for (long i = 0; i < queue; i++) {
      Files.setLastModifiedTime(first, FileTime.fromMillis(i));
      Files.setLastModifiedTime(second, FileTime.fromMillis(i));
    }
    assertThat(heard.lost).hasValue(0);
    heard.open.countDown();

    eventually(() -> heard.lost.get() > 0);
    Files.createFile(directory.resolve("after"));
    eventually(() -> heard.touches.contains(new Touch(id, "after", Kind.NAME)));
  }

  @Test
  void renamedDirectory_staysWatched() throws IOException, FsException, InterruptedException {
    SourceNode child = child("child");
    assertThat(feed.watch(child)).isTrue();

    Files.move(directory.resolve("child"), directory.resolve("moved"));
    heard.await(new Touch(child.id(), null, Kind.NAME));
    Files.createFile(directory.resolve("moved/file"));

    heard.await(new Touch(child.id(), "file", Kind.NAME));
  }

  @Test
  void removedDirectory_endsItsWatch() throws IOException, FsException, InterruptedException {
    FileId id = watchedRoot();
    SourceNode child = child("child");
    assertThat(feed.watch(child)).isTrue();

    Files.delete(directory.resolve("child"));

    heard.await(new Touch(id, "child", Kind.NAME));
    // The kernel ends the watch when nobody has the directory open any more.
    source.close();
    eventually(() -> heard.hasEnded(child.id()));
    assertThat(feed.watched()).isEqualTo(1);
  }

  @Test
  void unwatch_endsReports() throws IOException, FsException, InterruptedException {
    FileId id = watchedRoot();
    SourceNode child = child("child");
    assertThat(feed.watch(child)).isTrue();
    feed.unwatch(child.id());
    feed.unwatch(child.id());

    Files.createFile(directory.resolve("child/unheard"));
    Files.createFile(directory.resolve("heard"));
    heard.await(new Touch(id, "heard", Kind.NAME));

    assertThat(heard.touches.stream().map(Touch::directory)).doesNotContain(child.id());
    assertThat(heard.ended).isEmpty();
    assertThat(feed.watched()).isEqualTo(1);
  }

  @Test
  void moreDirectoriesThanTheLimit_dropTheOneAskedForLongestAgo()
      throws IOException, FsException, InterruptedException {
    feed.close();
    feed = source.changeFeed(heard, 3);
    List<SourceNode> nodes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      nodes.add(child("child" + i));
    }
    for (SourceNode node : nodes.subList(0, 3)) {
      assertThat(feed.watch(node)).isTrue();
    }
    assertThat(feed.watch(nodes.get(0))).isTrue();
    assertThat(feed.watch(nodes.get(3))).isTrue();

    eventually(() -> heard.hasEnded(nodes.get(1).id()));
    assertThat(feed.watched()).isEqualTo(3);
    assertThat(heard.ended).hasSize(1);
    Files.createFile(directory.resolve("child0/file"));
    heard.await(new Touch(nodes.get(0).id(), "file", Kind.NAME));
    assertThat(feed.watch(nodes.get(1))).isTrue();
    eventually(() -> heard.hasEnded(nodes.get(2).id()));
  }

  @Test
  void defaultLimit_isPartOfWhatTheUserMayWatch() throws IOException {
    try (var lines = Files.newBufferedReader(Path.of("/proc/sys/fs/inotify/max_user_watches"))) {
      long allowed = Long.parseLong(Objects.requireNonNull(lines.readLine()));
      assertThat(InotifyFeed.defaultLimit()).isEqualTo((int) Math.min(65_536, allowed / 2));
    }
  }

  @Test
  void watch_whenTheUsersLimitIsReached_isRefusedAndCounted() throws FsException, IOException {
    AtomicBoolean full = new AtomicBoolean();
    PosixSource other = PosixSource.open(callsWhoseWatches(full, Errno.ENOSPC), directory, 64);
    ChangeFeed limited = other.changeFeed(heard, 100);
    assertThat(limited.watch(other.root().node())).isTrue();
    full.set(true);
    SourceNode child = child("child");

    assertThat(limited.watch(child)).isFalse();
    assertThat(limited.watch(child)).isFalse();
    assertThat(limited.watch(other.root().node())).isTrue();
    assertThat(limited.refused()).isEqualTo(2);

    full.set(false);
    assertThat(limited.watch(child)).isTrue();
    limited.close();
    other.close();
    assertThat(limited.watch(child)).isFalse();
  }

  @Test
  void changeFeed_whenThereAreTooManyOfThem_saysWhatToDo() throws FsException {
    FileCalls calls =
        ChangedFileCalls.of(
            new LinuxFileCalls(),
            call -> {
              if (call.name().equals("openInotify")) {
                throw new FsException(Errno.EMFILE, "inotify_init1");
              }
              return call.proceed();
            });
    PosixSource other = PosixSource.open(calls, directory, 64);
    FsException failure = catchThrowableOfType(FsException.class, () -> other.changeFeed(heard));
    assertThat(failure).hasMessageContaining("max_user_instances");
    other.close();
  }

  @Test
  void watchAndUnwatch_fromManyThreads_leaveWhatTheySaidLast() throws IOException, FsException {
    List<SourceNode> nodes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      nodes.add(child("child" + i));
    }
    Parallel.run(
        4,
        number -> {
          for (int i = 0; i < 500; i++) {
            SourceNode node = nodes.get((i * 7 + number) % nodes.size());
            assertThat(feed.watch(node)).isTrue();
            feed.unwatch(node.id());
          }
        });
    eventually(feed::isComplete);
    assertThat(feed.watched()).isZero();
    for (SourceNode node : nodes) {
      assertThat(feed.watch(node)).isTrue();
    }
    for (int i = 0; i < nodes.size(); i++) {
      Files.createFile(directory.resolve("child" + i + "/file"));
    }
    eventually(feed::isComplete);
    assertThat(heard.touches.stream().map(Touch::directory).distinct()).hasSize(nodes.size());
  }

  @Test
  void close_fromTheListenerItself_doesNotWaitForItself()
      throws FsException, IOException, InterruptedException {
    List<ChangeFeed> feeds = new ArrayList<>();
    CountDownLatch done = new CountDownLatch(1);
    ChangeFeed own =
        source.changeFeed(
            new ChangeFeed.Listener() {
              @Override
              public void touched(FileId touched, @Nullable Name name, Kind kind) {
                feeds.get(0).close();
                done.countDown();
              }

              @Override
              public void lost() {}

              @Override
              public void ended(FileId ended) {}
            },
            10);
    feeds.add(own);
    assertThat(own.watch(root())).isTrue();
    Files.createFile(directory.resolve("file"));
    assertThat(done.await(1, TimeUnit.SECONDS)).isTrue();
    eventually(() -> threads() == 1);
    assertThat(own.isComplete()).isFalse();
  }

  @Test
  void adviseRandom_keepsReadsRight() throws IOException, FsException {
    Files.writeString(directory.resolve("file"), "0123456789", StandardOpenOption.CREATE);
    var file = source.open(source.find(root(), Name.of("file")).node(), 0).file();
    file.adviseRandom(true);
    var target = java.nio.ByteBuffer.allocateDirect(4);
    assertThat(file.read(3, target)).isEqualTo(4);
    assertThat(target.get(0)).isEqualTo((byte) '3');
    file.adviseRandom(false);
    file.close();
    file.adviseRandom(true);
  }

  /** Calls whose watches fail while {@code fails}. */
  private static FileCalls callsWhoseWatches(AtomicBoolean fails, Errno errno) {
    return ChangedFileCalls.of(
        new LinuxFileCalls(),
        call -> {
          Object made = call.proceed();
          return made instanceof Inotify inotify ? failing(inotify, fails, errno) : made;
        });
  }

  private static Inotify failing(Inotify inotify, AtomicBoolean fails, Errno errno) {
    return (Inotify)
        Proxy.newProxyInstance(
            Inotify.class.getClassLoader(),
            new Class<?>[] {Inotify.class},
            (proxy, method, arguments) -> {
              if (fails.get() && method.getName().equals("watch")) {
                throw new FsException(errno, "inotify_add_watch");
              }
              try {
                return method.invoke(inotify, arguments);
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
            });
  }
}
