package io.cachefs.writeback;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.base.Timestamp;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.writeback.journal.DirectoryDisk;
import io.cachefs.writeback.journal.Room;
import io.cachefs.writeback.journal.Settings;
import io.cachefs.writeback.pending.PendingSettings;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What waits takes no more of the heap than is estimated. */
class WaitingTest {
  private static final int FILES = Integer.getInteger("cachefs.waiting.files", 4_000);
  private static final int IN_A_DIRECTORY = 500;
  private static final Caller ROOT = new Caller(0, 0, 1, 0);

  @TempDir Path directory;

  private enum What {
    SMALL_FILES,
    EMPTY_FILES,
    SYMLINKS,
    DIRECTORIES,
    XATTRS,
    LINKS,
    SMALL_WRITES,
    // What follows changes files of the source.
    MODES,
    REMOVALS,
    RENAMES
  }

  private static long heap() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }

  private static void untar(Source source, SourceNode parent, Name name, int size)
      throws FsException {
    int flags = OpenFlags.CREATE | OpenFlags.EXCLUSIVE | OpenFlags.WRITE_ONLY;
    Source.Created made = source.create(ROOT, parent, name, 0644, flags);
    if (size > 0) {
      made.file().write(0, ByteBuffer.allocateDirect(size));
    }
    TimeChange then = new TimeChange.At(new Timestamp(1_000_000_000, 0));
    source.change(made.found().node(), AttributeChange.NONE.withTimes(then, then));
    made.file().close();
  }

  private static Name name(int number) {
    try {
      return Name.of("a file " + number + ".txt");
    } catch (FsException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static Name directory(int number) throws FsException {
    return Name.of("directory" + number / IN_A_DIRECTORY);
  }

  private static SourceNode directoryOf(What what, Source source, int number) throws FsException {
    SourceNode root = source.root().node();
    boolean isNew = what.compareTo(What.MODES) < 0 && number % IN_A_DIRECTORY == 0;
    return isNew
        ? source.mkdir(ROOT, root, directory(number), 0755).node()
        : source.find(root, directory(number)).node();
  }

  private static void change(What what, Source source, int number) throws FsException {
    SourceNode in = directoryOf(what, source, number);
    Name name = name(number);
    Object unused = null;
    switch (what) {
      case SMALL_FILES -> untar(source, in, name, 100);
      case EMPTY_FILES -> untar(source, in, name, 0);
      case SYMLINKS -> unused = source.symlink(ROOT, in, name, new byte[100]);
      case DIRECTORIES -> unused = source.mkdir(ROOT, in, name, 0755);
      case XATTRS -> {
        SourceNode made = source.mkdir(ROOT, in, name, 0755).node();
        source.setXattr(made, "user.some".getBytes(StandardCharsets.UTF_8), new byte[300], 0);
      }
      case LINKS -> {
        SourceNode file = source.find(source.root().node(), Name.of("first")).node();
        unused = source.link(file, in, name);
      }
      case SMALL_WRITES -> {
        SourceNode file = source.find(source.root().node(), Name.of("first")).node();
        SourceFile open = source.open(file, OpenFlags.WRITE_ONLY).file();
        int count = open.write(number * 7919L % FILES * 10, ByteBuffer.allocateDirect(5));
        assertThat(count).isEqualTo(5);
        open.close();
      }
      case MODES ->
          unused = source.change(source.find(in, name).node(), AttributeChange.NONE.withMode(0600));
      case REMOVALS -> source.unlink(in, name);
      case RENAMES -> source.rename(in, name, in, Name.of("other" + number), 0, id -> null);
    }
    assertThat(unused).isNotSameAs(source);
  }

  private void populate(Path source) throws IOException, FsException {
    for (int i = 0; i < FILES; i++) {
      Path in = source.resolve(directory(i).toString());
      if (i % IN_A_DIRECTORY == 0) {
        Files.createDirectory(in);
      }
      Files.createFile(in.resolve(name(i).toString()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void memory_isNotMoreThanEstimated(What what) throws Exception {
    Path source = Files.createDirectory(directory.resolve("source"));
    if (what.compareTo(What.MODES) >= 0) {
      populate(source);
    }
    String each;
    long estimated;
    try (PosixSource base = PosixSource.open(new LinuxFileCalls(), source, 64);
        DirectoryDisk disk =
            DirectoryDisk.open(new LinuxFileCalls(), directory.resolve("journal"));
        WriteBack writeBack = open(base, disk, System::nanoTime)) {
      untar(writeBack.source(), writeBack.source().root().node(), Name.of("first"), 100);
      Waiting waiting = new Waiting(writeBack.source(), writeBack.queue(), writeBack.journal());
      long estimatedBefore = waiting.memory();
      long before = heap();
      for (int i = 0; i < FILES; i++) {
        change(what, writeBack.source(), i);
      }
      long taken = heap() - before;
      estimated = waiting.memory() - estimatedBefore;
      each = what + ": " + taken / FILES + " of " + estimated / FILES + " bytes each";
      if (Boolean.getBoolean("cachefs.waiting.histogram")) {
        System.err.println(histogram());
      }
      assertThat(taken).as(each).isLessThanOrEqualTo(estimated);
    }
    assertThat(takenByOpening(source)).as("%s, opened again", each).isLessThanOrEqualTo(estimated);
  }

  /** Returns the larger of what the records take when all were read, and what is left of them. */
  private long takenByOpening(Path source) throws Exception {
    long before = heap();
    AtomicLong atFirst = new AtomicLong();
    LongSupplier clock =
        () -> {
          // The first who asks is the first change that is applied.
          if (atFirst.get() == 0) {
            atFirst.set(heap());
          }
          return System.nanoTime();
        };
    try (PosixSource base = PosixSource.open(new LinuxFileCalls(), source, 64);
        DirectoryDisk disk =
            DirectoryDisk.open(new LinuxFileCalls(), directory.resolve("journal"));
        WriteBack writeBack = open(base, disk, clock)) {
      assertThat(writeBack.queue().size()).isPositive();
      return Math.max(atFirst.get(), heap()) - before;
    }
  }

  private static WriteBack open(Source base, DirectoryDisk disk, LongSupplier clock)
      throws FsException {
    return WriteBack.open(
        base,
        disk,
        Room.UNLIMITED,
        Settings.DEFAULT.withUpkeepEvery(Duration.ZERO),
        clock,
        InstantSource.system(),
        PendingSettings.DEFAULT,
        "test");
  }

  private static Object histogram() throws JMException {
    return ManagementFactory.getPlatformMBeanServer()
        .invoke(
            new ObjectName("com.sun.management:type=DiagnosticCommand"),
            "gcClassHistogram",
            new Object[] {null},
            new String[] {"[Ljava.lang.String;"});
  }
}
