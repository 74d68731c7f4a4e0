package io.cachefs.writeback;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.source.Pin;
import io.cachefs.source.Source;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.process.Require;
import io.cachefs.writeback.pending.PendingSettings;
import io.cachefs.writeback.pending.PendingSource;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that waits is sent while something is asked: the answer is not from before that. */
class SentMeanwhileTest {
  private static final byte[] XATTR = "user.x".getBytes(StandardCharsets.US_ASCII);

  @TempDir Path directory;

  private final FirstComeQueue queue = new FirstComeQueue();
  private PosixSource source;
  private PendingSource pending;
  private TinySender sender;
  private SourceNode root;
  private Name name;

  /** The method of the source after whose next answer all is sent. */
  private @Nullable String after;

  @BeforeEach
  void open() throws FsException, IOException {
    Require.root();
    Files.write(directory.resolve("f"), new byte[3]);
    name = Name.of("f".getBytes(StandardCharsets.US_ASCII));
    source = PosixSource.open(new LinuxFileCalls(), directory, 64);
    pending =
        new PendingSource(
            interrupted(),
            new MemoryLog(),
            queue,
            System::nanoTime,
            InstantSource.system(),
            PendingSettings.DEFAULT,
            "test");
    sender = new TinySender(source, queue, pending.book());
    root = pending.rootNode();
  }

  @AfterEach
  void close() {
    pending.close();
    source.close();
  }

  private Source interrupted() {
    return (Source)
        Proxy.newProxyInstance(
            Source.class.getClassLoader(),
            new Class<?>[] {Source.class},
            (proxy, method, arguments) -> {
              try {
                Object answer = method.invoke(source, arguments);
                if (method.getName().equals(after)) {
                  after = null;
                  sender.drain();
                }
                return answer;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Test
  void find_whileItsModeIsSent_givesTheNewMode() throws FsException {
    SourceNode file = pending.find(root, name).node();
    assertThat(pending.change(file, AttributeChange.NONE.withMode(0751))).isNotNull();
    after = "find";
    int mode = pending.find(root, name).attributes().mode();
    assertThat(after).isNull();
    assertThat(mode & Mode.PERMISSIONS).isEqualTo(0751);
  }

  @Test
  void find_whileItsSizeIsSent_givesTheNewSize() throws FsException {
    SourceNode file = pending.find(root, name).node();
    assertThat(pending.change(file, AttributeChange.NONE.withSize(7L))).isNotNull();
    after = "find";
    assertThat(pending.find(root, name).attributes().size()).isEqualTo(7);
    assertThat(after).isNull();
  }

  @Test
  void listXattrs_whileOneIsSent_hasIt() throws FsException {
    SourceNode file = pending.find(root, name).node();
    pending.setXattr(file, XATTR, new byte[1], 0);
    after = "listXattrs";
    assertThat(pending.listXattrs(file)).containsExactly('u', 's', 'e', 'r', '.', 'x', 0);
    assertThat(after).isNull();
  }

  /** Who removes a name keeps the file before; it was not at the source then. */
  @Test
  void read_ofAnOpenFileThatWasMadeAtTheSourceAfterItWasKept_works() throws FsException {
    Name made = Name.of("made");
    Source.Created created =
        pending.create(new Caller(0, 0, 1, 0), root, made, 0644, OpenFlags.READ_WRITE);
    SourceFile open = created.file();
    assertThat(open.write(0, ByteBuffer.allocateDirect(5))).isEqualTo(5);
    Pin pin = pending.pin(root, made);
    sender.drain();
    pending.unlink(root, made);
    pin.attach(created.found().node());
    sender.drain();
    assertThat(directory.resolve("made")).doesNotExist();
    assertThat(open.read(0, ByteBuffer.allocateDirect(9))).isEqualTo(5);
    open.close();
    pin.close();
    assertThat(pending.pendingFiles()).isZero();
  }
}
