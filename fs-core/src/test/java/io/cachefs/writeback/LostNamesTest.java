package io.cachefs.writeback;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.process.Require;
import io.cachefs.writeback.pending.PendingSettings;
import io.cachefs.writeback.pending.PendingSource;
import io.cachefs.writeback.queue.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The process ends: what is left in the log of a file tells which names it has, though nothing of
 * what it lost one to, or was moved out of, is in it any more.
 */
class LostNamesTest {
  @TempDir Path directory;

  private final FirstComeQueue queue = new FirstComeQueue();
  private final MemoryLog log = new MemoryLog();
  private PosixSource source;
  private PendingSource pending;
  private TinySender sender;
  private SourceNode root;
  private SourceNode replaced;

  @BeforeEach
  void open() throws FsException, IOException {
    Require.root();
    Files.write(directory.resolve("old"), new byte[9]);
    Files.write(directory.resolve("new"), new byte[3]);
    Files.createLink(directory.resolve("other"), directory.resolve("old"));
    source = PosixSource.open(new LinuxFileCalls(), directory, 64);
    pending = over(log, queue);
    sender = new TinySender(source, queue, pending.book());
    root = pending.rootNode();
    replaced = pending.find(root, Name.of("old")).node();
  }

  @AfterEach
  void close() {
    pending.close();
    source.close();
  }

  private PendingSource over(MemoryLog records, FirstComeQueue to) throws FsException {
    return new PendingSource(
        source,
        records,
        to,
        System::nanoTime,
        InstantSource.system(),
        PendingSettings.DEFAULT,
        "test");
  }

  private void rename() throws FsException {
    pending.rename(root, Name.of("new"), root, Name.of("old"), 0, id -> null);
  }

  @Test
  void restart_afterAnOpenFileWasReplaced_sendsNothingOfIt() throws FsException, IOException {
    Files.delete(directory.resolve("other"));
    SourceFile open = pending.open(replaced, OpenFlags.READ_WRITE).file();
    assertThat(open.write(0, ByteBuffer.allocateDirect(5))).isEqualTo(5);
    rename();
    sender.drain();
    assertThat(pending.pendingFiles()).as("kept as long as it is open").isNotZero();
    FirstComeQueue again = new FirstComeQueue();
    MemoryLog survivors = log.survivors();
    try (PendingSource next = over(survivors, again)) {
      survivors.replay(next);
      assertThat(again.texts()).isEmpty();
      assertThat(next.pendingFiles()).isZero();
      assertThat(survivors.live()).isZero();
    }
    open.close();
  }

  @Test
  void restart_afterOneOfTwoNamesWasReplaced_showsHowManyAreLeft() throws FsException {
    rename();
    assertThat(pending.change(replaced, AttributeChange.NONE.withMode(0751))).isNotNull();
    assertThat(sender.sendOne()).as("the rename is sent, the mode is not").isTrue();
    assertThat(queue.size()).isPositive();
    MemoryLog survivors = log.survivors();
    FirstComeQueue again = new FirstComeQueue();
    try (PendingSource next = over(survivors, again)) {
      survivors.replay(next);
      SourceNode top = next.rootNode();
      assertThat(next.find(top, Name.of("other")).attributes().linkCount()).isEqualTo(1);
      new TinySender(source, again, next.book()).drain();
      assertThat(next.find(top, Name.of("other")).attributes().linkCount()).isEqualTo(1);
      assertThat(survivors.live()).isZero();
    }
  }

  @Test
  void restart_afterAFileWasMovedOutOfADirectoryThatWent_stillHasIt()
      throws FsException, IOException {
    Files.createDirectory(directory.resolve("from"));
    Files.createDirectory(directory.resolve("to"));
    SourceNode from = pending.find(root, Name.of("from")).node();
    SourceNode to = pending.find(root, Name.of("to")).node();
    Caller caller = new Caller(0, 0, 1, 0);
    assertThat(pending.mknod(caller, from, Name.of("made"), 0100640, 0)).isNotNull();
    pending.rename(from, Name.of("made"), to, Name.of("moved"), 0, id -> null);
    pending.rmdir(root, Name.of("from"));
    Operation making = Objects.requireNonNull(queue.take(), "waits, while all else is sent");
    assertThat(making.makes()).isNotZero();
    sender.drain();
    assertThat(directory.resolve("from")).doesNotExist();
    MemoryLog survivors = log.survivors();
    FirstComeQueue again = new FirstComeQueue();
    try (PendingSource next = over(survivors, again)) {
      survivors.replay(next);
      new TinySender(source, again, next.book()).drain();
      assertThat(directory.resolve("to/moved")).exists();
      assertThat(survivors.live()).isZero();
    }
  }

  @Test
  void rename_toWhereTheSourceHasAnotherNameOfTheFile_takesTheOldNameAway() throws FsException {
    Caller caller = new Caller(0, 0, 1, 0);
    pending.unlink(root, Name.of("old"));
    assertThat(pending.mknod(caller, root, Name.of("old"), 0100640, 0)).isNotNull();
    pending.rename(root, Name.of("other"), root, Name.of("old"), 0, id -> null);
    sender.drain();
    assertThat(directory.resolve("old")).hasSize(9);
    assertThat(directory.resolve("other")).doesNotExist();
    assertThat(pending.pendingFiles()).isZero();
  }
}
