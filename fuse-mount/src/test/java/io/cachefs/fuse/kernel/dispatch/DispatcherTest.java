package io.cachefs.fuse.kernel.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.fuse.ErrnoReply;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.kernel.wire.Bytes;
import io.cachefs.fuse.kernel.wire.Opcode;
import io.cachefs.metrics.OperationMetrics;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Requests as bytes in, calls on the file system and replies as bytes out. */
class DispatcherTest {
  private static final long UNIQUE = 42;

  /** The kernel marks the numbers of interrupts so. */
  private static final long INTERRUPT_UNIQUE = UNIQUE | 1;

  private final RecordingVfs vfs = new RecordingVfs();
  private final List<byte[]> replies = new ArrayList<>();
  private final OperationMetrics metrics = new OperationMetrics(Opcode.namesByNumber());
  private final ErrnoReply errnos = new ErrnoReply();
  private final InFlight inFlight = new InFlight(InFlight.WaitingRequests.NONE);
  private final Callers callers = new Callers();
  private final Notices notices = new Notices();
  private boolean delivers = true;
  private final Exchange exchange = exchange();
  private Dispatcher dispatcher = dispatcher(MountOptions.defaults("test", true));

  private Exchange exchange() {
    ByteBuffer memory = ByteBuffer.allocateDirect(Exchange.SIZE).order(ByteOrder.nativeOrder());
    Exchange made =
        new Exchange(
            memory,
            (offset, length) -> {
              byte[] reply = new byte[length];
              memory.get(offset, reply);
              replies.add(reply);
              return delivers;
            });
    inFlight.add(made);
    return made;
  }

  /** Notes what is told; the test says what was announced. */
  private static final class Notices implements ChangeNotices {
    final List<Long> changed = new ArrayList<>();
    final List<Long> announcedInodes = new ArrayList<>();
    long announced;

    @Override
    public void attributesChanged(long inodeId) {
      changed.add(inodeId);
    }

    @Override
    public void forgotten(long inodeId) {}

    @Override
    public long longestNameLifetime() {
      return Long.MAX_VALUE;
    }

    @Override
    public long announced() {
      return announced;
    }

    @Override
    public boolean announcedSince(long before, long inodeId) {
      return announced != before && announcedInodes.contains(inodeId);
    }
  }

  /** Callers that are dying or not, as the test says, and the interrupts to be repeated. */
  private static final class Callers implements InterruptedCallers {
    boolean dying = true;
    final List<Long> askedAgain = new ArrayList<>();

    @Override
    public boolean isDying(int thread) {
      return dying;
    }

    @Override
    public void askAgain(long interrupt) {
      askedAgain.add(interrupt);
    }
  }

  private Dispatcher dispatcher(MountOptions options) {
    return new Dispatcher(
        new Dispatcher.Parts(
            vfs.vfs(),
            options,
            new OpenModes(new NoBackingFiles(), false),
            notices,
            inFlight,
            callers,
            errnos,
            metrics,
            () -> 0),
        true);
  }

  private static final class NoBackingFiles implements BackingFiles {
    @Override
    public int open(int descriptor) throws FsException {
      throw new FsException(Errno.EPERM);
    }

    @Override
    public void close(int backingId) {}
  }

  private void serve(byte[] request) {
    exchange.memory().put(0, request);
    dispatcher.serve(exchange, request.length);
  }

  /** Serves one request and returns its errno. */
  private int errnoOf(byte[] request) {
    replies.clear();
    serve(request);
    assertThat(replies).hasSize(1);
    ByteBuffer reply = ByteBuffer.wrap(replies.get(0)).order(ByteOrder.nativeOrder());
    assertThat(reply.getInt(0)).isEqualTo(reply.capacity());
    assertThat(reply.getLong(8)).isEqualTo(UNIQUE);
    return -reply.getInt(4);
  }

  private int bodyLength() {
    return replies.get(0).length - 16;
  }

  private static byte[] request(Opcode opcode, Bytes body) {
    return body.request(opcode.number(), UNIQUE, 5);
  }

  /** A good request of each kind, the call it makes, and the length of the body of its reply. */
  private record Sample(Supplier<byte[]> bytes, String call, int replyLength) {
    byte[] request() {
      return bytes.get();
    }
  }

  private static byte[] sample(Opcode opcode) {
    return Objects.requireNonNull(samples().get(opcode)).request();
  }

  private static Map<Opcode, Sample> samples() {
    Map<Opcode, Sample> all = new EnumMap<>(Opcode.class);
    String caller = "Caller[uid=1000, gid=100, pid=4321, umask=";
    add(all, Opcode.LOOKUP, new Bytes().text("a\0"), "lookup(5, a)", 128);
    add(all, Opcode.GETATTR, new Bytes().u32(1, 0).u64(8), "attributes(5, 8)", 104);
    add(
        all,
        Opcode.SETATTR,
        new Bytes().u32(1 | 1 << 11, 0).u64(0, 0, 0, 0, 0, 0).u32(0, 0, 0, 0100640, 0, 0, 0, 0),
        "setAttributes(5, -1, AttributeChange[mode=416, uid=null, gid=null, size=null,"
            + " accessed=null, modified=null, killPrivileges=true])",
        104);
    add(all, Opcode.READLINK, new Bytes(), "readlink(5)", 6);
    add(
        all,
        Opcode.SYMLINK,
        new Bytes().text("a\0to\0"),
        "symlink(" + caller + "0], 5, a, to)",
        128);
    add(
        all,
        Opcode.MKNOD,
        new Bytes().u32(0100600, 3, 022, 0).text("a\0"),
        "mknod(" + caller + "18], 5, a, 33152, 3)",
        128);
    add(
        all,
        Opcode.MKDIR,
        new Bytes().u32(0700, 022).text("a\0"),
        "mkdir(" + caller + "18], 5, a, 448)",
        128);
    add(all, Opcode.UNLINK, new Bytes().text("a\0"), "unlink(5, a)", 0);
    add(all, Opcode.RMDIR, new Bytes().text("a\0"), "rmdir(5, a)", 0);
    add(all, Opcode.RENAME, new Bytes().u64(6).text("a\0b\0"), "rename(5, a, 6, b, 0)", 0);
    add(
        all,
        Opcode.RENAME2,
        new Bytes().u64(6).u32(2, 0).text("a\0b\0"),
        "rename(5, a, 6, b, 2)",
        0);
    add(all, Opcode.LINK, new Bytes().u64(6).text("a\0"), "link(6, 5, a)", 128);
    add(all, Opcode.OPEN, new Bytes().u32(2, 0), "open(5, 2)", 16);
    add(
        all,
        Opcode.READ,
        new Bytes().u64(8, 4096).u32(100, 0).u64(0).u32(0, 0),
        "read(8, 4096, 100 bytes)",
        2);
    add(
        all,
        Opcode.WRITE,
        new Bytes().u64(8, 4096).u32(3, 4).u64(0).u32(0, 0).text("abc"),
        "write(8, 4096, 3 bytes, true)",
        8);
    add(all, Opcode.STATFS, new Bytes(), "statfs(5)", 80);
    add(all, Opcode.FSYNC, new Bytes().u64(8).u32(1, 0), "fsync(8, true)", 0);
    add(
        all,
        Opcode.SETXATTR,
        new Bytes().u32(3, 1, 0, 0).text("n\0abc"),
        "setXattr(5, n, abc, 1)",
        0);
    add(all, Opcode.GETXATTR, new Bytes().u32(3, 0).text("n\0"), "xattr(5, n)", 3);
    add(all, Opcode.LISTXATTR, new Bytes().u32(0, 0), "listXattrs(" + caller + "0], 5)", 8);
    add(all, Opcode.REMOVEXATTR, new Bytes().text("n\0"), "removeXattr(5, n)", 0);
    add(all, Opcode.FLUSH, new Bytes().u64(8, 0, 0), "flush(8)", 0);
    add(all, Opcode.OPENDIR, new Bytes().u32(0, 0), "openDirectory(5)", 16);
    Bytes list = new Bytes().u64(8, 0).u32(4096, 0).u64(0).u32(0, 0);
    add(all, Opcode.READDIR, list, "readDirectory(8, 0, false, sink)", 96);
    add(all, Opcode.READDIRPLUS, list, "readDirectory(8, 0, true, sink)", 480);
    add(all, Opcode.FSYNCDIR, new Bytes().u64(8).u32(0, 0), "fsyncDirectory(8, false)", 0);
    add(all, Opcode.ACCESS, new Bytes().u32(4, 0), "access(" + caller + "0], 5, 4)", 0);
    add(
        all,
        Opcode.CREATE,
        new Bytes().u32(0102, 0100600, 022, 0).text("a\0"),
        "create(" + caller + "18], 5, a, 33152, 66)",
        144);
    add(
        all,
        Opcode.TMPFILE,
        new Bytes().u32(2, 0100600, 022, 0),
        "createUnnamed(" + caller + "18], 5, 33152, 2)",
        144);
    add(
        all,
        Opcode.IOCTL,
        new Bytes().u64(8).u32(0, 77).u64(0).u32(2, 8).text("in"),
        "ioctl(8, 77, in, 8)",
        17);
    add(all, Opcode.FALLOCATE, new Bytes().u64(8, 1, 2).u32(3, 0), "fallocate(8, 3, 1, 2)", 0);
    add(all, Opcode.LSEEK, new Bytes().u64(8, 1).u32(3, 0), "seek(8, 1, 3)", 8);
    Bytes copy = new Bytes().u64(8, 1, 6, 9, 2, 3, 0);
    add(all, Opcode.COPY_FILE_RANGE, copy, "copyRange(8, 1, 9, 2, 3)", 8);
    add(all, Opcode.COPY_FILE_RANGE_64, copy, "copyRange(8, 1, 9, 2, 3)", 8);
    add(all, Opcode.SYNCFS, new Bytes().u64(0), "syncAll()", 0);
    add(all, Opcode.STATX, new Bytes().u32(0, 0).u64(0).u32(0, 0), "attributes(5, -1)", 288);
    return all;
  }

  private static void add(
      Map<Opcode, Sample> all, Opcode opcode, Bytes body, String call, int replyLength) {
    byte[] bytes = request(opcode, body);
    all.put(opcode, new Sample(bytes::clone, call, replyLength));
  }

  @Test
  void serve_ofEachOperation_makesItsCallAndAnswers() {
    samples()
        .forEach(
            (opcode, sample) -> {
              vfs.calls.clear();
              assertThat(errnoOf(sample.request())).as(opcode.name()).isZero();
              assertThat(vfs.calls).as(opcode.name()).containsExactly(sample.call());
              assertThat(bodyLength()).as(opcode.name()).isEqualTo(sample.replyLength());
            });
    assertThat(errnos.faults()).isZero();
  }

  @Test
  void serve_whenTheOperationFails_answersItsErrnoAndNothingElse() {
    vfs.failure = new FsException(Errno.EDQUOT);
    samples()
        .forEach(
            (opcode, sample) -> {
              assertThat(errnoOf(sample.request())).as(opcode.name()).isEqualTo(122);
              assertThat(bodyLength()).as(opcode.name()).isZero();
            });
    vfs.failure = new IllegalStateException("a bug");
    assertThat(errnoOf(sample(Opcode.LOOKUP))).isEqualTo(5);
    vfs.failure = new OutOfMemoryError();
    assertThat(errnoOf(sample(Opcode.READ))).isEqualTo(12);
    assertThat(vfs.references).isEmpty();
    assertThat(vfs.handles).isEmpty();
  }

  @Test
  void serve_ofARequestCutAtAnyLength_answersAndNeverThrows() {
    samples()
        .forEach(
            (opcode, sample) -> {
              for (int length = 40; length < sample.request().length; length++) {
                byte[] cut = Arrays.copyOf(sample.request(), length);
                // Once with the length the kernel would write, once with the wrong one.
                int errno = errnoOf(cut);
                assertThat(errno).as("%s cut to %d", opcode, length).isEqualTo(22);
                ByteBuffer.wrap(cut).order(ByteOrder.nativeOrder()).putInt(0, length);
                errno = errnoOf(cut);
                assertThat(errno).as("%s cut to %d", opcode, length).isIn(0, 22);
              }
            });
    assertThat(errnos.faults()).isZero();
    replies.clear();
    serve(new byte[39]);
    assertThat(replies).isEmpty();
  }

  @Test
  void serve_whenTheKernelWaitsNoLonger_takesEverythingBack() {
    delivers = false;
    samples()
        .forEach(
            (opcode, sample) -> {
              serve(sample.request());
              assertThat(vfs.references).as(opcode.name()).isEmpty();
              assertThat(vfs.handles).as(opcode.name()).isEmpty();
            });
  }

  @Test
  void interrupt_ofWhatOnlyReads_answersAtOnceAndDropsTheResult() {
    Exchange other = exchange();
    byte[] interrupt =
        new Bytes().u64(UNIQUE).request(Opcode.INTERRUPT.number(), INTERRUPT_UNIQUE, 0);
    vfs.meanwhile =
        () -> {
          other.memory().put(0, interrupt);
          dispatcher.serve(other, interrupt.length);
        };
    samples()
        .forEach(
            (opcode, sample) -> {
              vfs.handles.clear();
              vfs.references.clear();
              int errno = errnoOf(sample.request());
              assertThat(errno).as(opcode.name()).isEqualTo(opcode.onlyReads() ? 4 : 0);
              if (opcode.onlyReads()) {
                assertThat(vfs.references).as(opcode.name()).isEmpty();
              }
            });
    assertThat(errnos.faults()).isZero();
  }

  @Test
  void interrupt_ofACallerThatLives_leavesTheRequestAlone() {
    callers.dying = false;
    Exchange other = exchange();
    byte[] interrupt =
        new Bytes().u64(UNIQUE).request(Opcode.INTERRUPT.number(), INTERRUPT_UNIQUE, 0);
    vfs.meanwhile =
        () -> {
          other.memory().put(0, interrupt);
          dispatcher.serve(other, interrupt.length);
        };
    samples()
        .forEach(
            (opcode, sample) -> {
              callers.askedAgain.clear();
              assertThat(errnoOf(sample.request())).as(opcode.name()).isZero();
              if (opcode.onlyReads()) {
                assertThat(callers.askedAgain).as(opcode.name()).contains(INTERRUPT_UNIQUE);
              }
            });
  }

  @Test
  void interrupt_ofAnUnknownRequest_asksToTryAgain() {
    serve(new Bytes().u64(7777).request(Opcode.INTERRUPT.number(), 7777 | 1, 0));
    ByteBuffer reply = ByteBuffer.wrap(replies.get(0)).order(ByteOrder.nativeOrder());
    assertThat(reply.getInt(4)).isEqualTo(-11);
    assertThat(reply.getLong(8)).isEqualTo(7777 | 1);
  }

  @Test
  void forget_givesReferencesBackAndIsNotAnswered() {
    vfs.references.put(5L, 3L);
    serve(request(Opcode.FORGET, new Bytes().u64(3)));
    vfs.references.put(6L, 1L);
    vfs.references.put(7L, 2L);
    serve(request(Opcode.BATCH_FORGET, new Bytes().u32(2, 0).u64(6, 1, 7, 2)));
    serve(request(Opcode.BATCH_FORGET, new Bytes().u32(-2, 0).u64(6, 1)));
    assertThat(vfs.references).isEmpty();
    assertThat(replies).isEmpty();
  }

  @Test
  void release_closesTheHandleOnce() {
    assertThat(errnoOf(sample(Opcode.OPEN))).isZero();
    long handle = vfs.handles.get(0);
    assertThat(errnoOf(request(Opcode.RELEASE, new Bytes().u64(handle, 0, 0)))).isZero();
    assertThat(errnoOf(request(Opcode.RELEASE, new Bytes().u64(handle, 0, 0)))).isEqualTo(5);
    assertThat(errnoOf(sample(Opcode.OPENDIR))).isZero();
    handle = vfs.handles.get(0);
    assertThat(errnoOf(request(Opcode.RELEASEDIR, new Bytes().u64(handle, 0, 0)))).isZero();
    assertThat(vfs.handles).isEmpty();
  }

  @Test
  void open_thatClearsPrivileges_doesSoThroughTheHandle() {
    assertThat(errnoOf(request(Opcode.OPEN, new Bytes().u32(01002, 1)))).isZero();
    assertThat(vfs.calls.get(1)).startsWith("setAttributes(5, 100, ").contains("Privileges=true");
  }

  @Test
  void lookup_ofAnAbsentName_isRememberedAsLongAsAllowed() {
    vfs.failure = new FsException(Errno.ENOENT);
    assertThat(errnoOf(sample(Opcode.LOOKUP))).isZero();
    assertThat(bodyLength()).isEqualTo(128);
    ByteBuffer reply = ByteBuffer.wrap(replies.get(0)).order(ByteOrder.nativeOrder());
    assertThat(reply.getLong(16)).isZero();
    assertThat(reply.getLong(32)).isEqualTo(1);
  }

  /** Where a reply has the seconds and the nanoseconds of names and of attributes, else -1. */
  private record Places(int names, int nameNanos, int attributes, int attributeNanos) {
    static final Places ENTRY = new Places(32, 48, 40, 52);
    static final Places ATTRIBUTES = new Places(-1, -1, 16, 24);

    /** In the third entry of the listing, after two without attributes. */
    static final Places LISTED = new Places(32 + 320, 48 + 320, 40 + 320, 52 + 320);
  }

  private static final Map<Opcode, Places> PLACES =
      Map.of(
          Opcode.LOOKUP, Places.ENTRY,
          Opcode.MKDIR, Places.ENTRY,
          Opcode.CREATE, Places.ENTRY,
          Opcode.GETATTR, Places.ATTRIBUTES,
          Opcode.SETATTR, Places.ATTRIBUTES,
          Opcode.STATX, Places.ATTRIBUTES,
          Opcode.READDIRPLUS, Places.LISTED);

  private void assertLifetimes(long nameNanos, long attributeNanos) {
    PLACES.forEach(
        (opcode, places) -> {
          assertThat(errnoOf(sample(opcode))).isZero();
          ByteBuffer reply = ByteBuffer.wrap(replies.get(0)).order(ByteOrder.nativeOrder());
          if (places.names >= 0) {
            assertThat(
                    reply.getLong(places.names) * 1_000_000_000L + reply.getInt(places.nameNanos))
                .as("names of %s", opcode)
                .isEqualTo(nameNanos);
          }
          assertThat(
                  reply.getLong(places.attributes) * 1_000_000_000L
                      + reply.getInt(places.attributeNanos))
              .as("attributes of %s", opcode)
              .isEqualTo(attributeNanos);
        });
  }

  @Test
  void lifetimes_areThoseOfTheFileSystem_atMostThoseOfTheMount() {
    assertLifetimes(1_000_000_000L, 1_000_000_000L);
    vfs.nameLifetime = 2_500_000_000L;
    vfs.attributesLifetime = 300_000_007L;
    assertLifetimes(1_000_000_000L, 300_000_007L);
    dispatcher = dispatcher(unlimited());
    assertLifetimes(2_500_000_000L, 300_000_007L);
    vfs.attributesLifetime = Long.MAX_VALUE;
    assertLifetimes(2_500_000_000L, Long.MAX_VALUE);
    vfs.nameLifetime = 0;
    vfs.attributesLifetime = 0;
    assertLifetimes(0, 0);
  }

  @Test
  void lifetimes_ofAnswersOverWhichAChangeWasAnnounced_areNone() {
    assertLifetimes(1_000_000_000L, 1_000_000_000L);
    vfs.meanwhile = () -> notices.announced++;
    assertLifetimes(1_000_000_000L, 1_000_000_000L);
    // Inode 5 is the one asked about, mostly as a directory, and 9 is the one that is found.
    notices.announcedInodes.addAll(List.of(5L, 9L));
    assertLifetimes(0, 0);
    vfs.failure = new FsException(Errno.ENOENT);
    assertThat(errnoOf(sample(Opcode.LOOKUP))).isEqualTo(2);
    vfs.meanwhile = () -> {};
    assertThat(errnoOf(sample(Opcode.LOOKUP))).isZero();
    vfs.absenceLifetime = 0;
    assertThat(errnoOf(sample(Opcode.LOOKUP))).isEqualTo(2);
  }

  private static MountOptions unlimited() {
    MountOptions o = MountOptions.defaults("test", true);
    return new MountOptions(
        o.fsName(),
        o.readOnly(),
        o.allowOther(),
        o.defaultPermissions(),
        o.allowSetUid(),
        o.allowDevices(),
        o.allowExecute(),
        o.uid(),
        o.gid(),
        o.umask(),
        o.maxRead(),
        MountOptions.UNLIMITED,
        MountOptions.UNLIMITED,
        MountOptions.UNLIMITED,
        o.xattrs(),
        o.passthrough(),
        o.nonEmpty(),
        o.threads());
  }

  @Test
  void directories_thatTheKernelNeedNotOpen_areReadByInode() {
    vfs.listsUnopened = true;
    dispatcher = dispatcher(MountOptions.defaults("test", true));
    assertThat(errnoOf(sample(Opcode.OPENDIR))).isEqualTo(38);
    assertThat(vfs.calls).isEmpty();

    assertThat(errnoOf(request(Opcode.READDIR, listing(0)))).isZero();
    assertThat(vfs.calls).containsExactly("openDirectory(5)", "readDirectory(100, 0, false, sink)");
    ByteBuffer reply = ByteBuffer.wrap(replies.get(0)).order(ByteOrder.nativeOrder());
    assertThat(reply.getLong(16 + 8)).isEqualTo(1L << 32 | 1);
    assertThat(reply.getLong(16 + 32 + 8)).isEqualTo(1L << 32 | 2);

    vfs.calls.clear();
    assertThat(errnoOf(request(Opcode.READDIRPLUS, listing(1L << 32 | 2)))).isZero();
    assertThat(errnoOf(request(Opcode.READDIR, listing(0)))).isZero();
    assertThat(errnoOf(request(Opcode.READDIR, listing(9L << 32 | 7)))).isZero();
    assertThat(vfs.calls)
        .containsExactly(
            "readDirectory(100, 2, true, sink)",
            "openDirectory(5)",
            "readDirectory(101, 0, false, sink)",
            "openDirectory(5)",
            "readDirectory(102, 7, false, sink)");

    vfs.calls.clear();
    assertThat(errnoOf(request(Opcode.FSYNCDIR, new Bytes().u64(0).u32(0, 0)))).isZero();
    assertThat(vfs.calls)
        .containsExactly("openDirectory(5)", "fsyncDirectory(103, false)", "releaseDirectory(103)");
    for (int i = 0; i < 1000; i++) {
      assertThat(errnoOf(request(Opcode.READDIR, listing(0)))).isZero();
    }
    assertThat(vfs.handles).hasSize(UnopenedListings.MAX_UNFINISHED);
    assertThat(errnos.faults()).isZero();
  }

  private static Bytes listing(long position) {
    return new Bytes().u64(0, position).u32(4096, 0).u64(0).u32(0, 0);
  }

  @Test
  void names_thatAreNone_areRefused() {
    assertThat(errnoOf(request(Opcode.LOOKUP, new Bytes().text("..\0")))).isEqualTo(22);
    assertThat(errnoOf(request(Opcode.MKDIR, new Bytes().u32(0, 0).text("a/b\0")))).isEqualTo(22);
    assertThat(errnoOf(request(Opcode.LOOKUP, new Bytes().text("n".repeat(256) + "\0"))))
        .isEqualTo(36);
  }

  @Test
  void unknownOperations_areNotImplemented() {
    for (int number : new int[] {0, 7, 31, 37, 40, 54, 4096, -1}) {
      assertThat(errnoOf(new Bytes().u64(0).request(number, UNIQUE, 5))).isEqualTo(38);
    }
  }

  @Test
  void xattrs_thatDoNotFit_areTooLong() {
    assertThat(errnoOf(request(Opcode.GETXATTR, new Bytes().u32(2, 0).text("n\0")))).isEqualTo(34);
    assertThat(errnoOf(request(Opcode.LISTXATTR, new Bytes().u32(4, 0)))).isEqualTo(34);
    assertThat(errnoOf(request(Opcode.LISTXATTR, new Bytes().u32(5, 0)))).isZero();
  }

  @Test
  void listing_thatIsFull_keepsTheReferencesOfWhatFittedOnly() {
    Bytes list = new Bytes().u64(8, 0).u32(479, 0).u64(0).u32(0, 0);
    assertThat(errnoOf(request(Opcode.READDIRPLUS, list))).isZero();
    assertThat(bodyLength()).isEqualTo(320);
    assertThat(vfs.references).isEmpty();
  }

  @Test
  void write_ofTheLargestSize_isAnsweredBehindIt() {
    int size = Exchange.MAX_TRANSFER;
    byte[] head = new Bytes().u64(8, 0).u32(size, 0).u64(0).u32(0, 0).request(16, UNIQUE, 5);
    byte[] whole = Arrays.copyOf(head, 80 + size);
    ByteBuffer.wrap(whole).order(ByteOrder.nativeOrder()).putInt(0, whole.length);
    assertThat(errnoOf(whole)).isZero();
    assertThat(vfs.calls).containsExactly("write(8, 0, 1048576 bytes, false)");
  }
}
