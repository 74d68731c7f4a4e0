package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Fifos, sockets, devices, and what the file system tells about itself. */
final class NodeCases {
  private NodeCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("special files", Need.MKNOD);
    nodes(c);
    devices(c);
    fifos(c);
    sockets(c);
    return c;
  }

  private static void nodes(CaseList c) {
    for (int type : new int[] {S_IFREG, S_IFIFO, S_IFSOCK}) {
      c.add(
          "mknod_type" + Integer.toOctalString(type) + "_isThatWithItsMode",
          fs -> {
            fs.mknod("n", type | 0640, 0, 0);
            Stat stat = fs.lstat("n");
            assertThat(List.of(stat.mode(), stat.nlink())).isEqualTo(List.of(type | 0640, 1));
            assertThat(stat.size()).isZero();
          });
    }
    c.add(
        "mknod_modeWithoutType_makesARegularFile",
        fs -> {
          fs.mknod("n", 0600, 0, 0);
          assertThat(fs.lstat("n").type()).isEqualTo(S_IFREG);
        });
    c.add(
        "mknod_directory_failsWithEperm",
        fs -> expect(Errno.EPERM, () -> fs.mknod("n", S_IFDIR | 0755, 0, 0)));
    c.add(
        "node_chmodChownUtimens_work",
        fs -> {
          fs.mkfifo("p", 0644);
          fs.chmod("p", 0600);
          fs.chown("p", ALICE, BOB);
          fs.utimens("p", 5, 6);
          Stat stat = fs.stat("p");
          assertThat(List.of(stat.perm(), stat.uid(), stat.gid()))
              .isEqualTo(List.of(0600, ALICE, BOB));
          assertThat(stat.mtime()).isEqualTo(6);
        },
        Need.ROOT);
  }

  private static void devices(CaseList c) {
    for (int[] device : new int[][] {{1, 3}, {0, 0}, {254, 255}, {300, 70_000}}) {
      c.add(
          "mknod_characterDevice" + device[0] + "And" + device[1] + "_keepsItsNumbers",
          fs -> {
            fs.mknod("n", S_IFCHR | 0600, device[0], device[1]);
            Stat stat = fs.lstat("n");
            assertThat(List.of(stat.type(), stat.rdevMajor(), stat.rdevMinor()))
                .isEqualTo(List.of(S_IFCHR, device[0], device[1]));
          },
          Need.ROOT);
    }
    c.add(
        "mknod_blockDevice_keepsItsNumbers",
        fs -> {
          fs.mknod("n", S_IFBLK | 0600, 7, 200);
          Stat stat = fs.lstat("n");
          assertThat(List.of(stat.type(), stat.rdevMajor(), stat.rdevMinor()))
              .isEqualTo(List.of(S_IFBLK, 7, 200));
        },
        Need.ROOT);
  }

  private static void fifos(CaseList c) {
    c.add(
        "fifo_carriesDataFromOneEndToTheOther",
        fs -> {
          fs.mkfifo("p", 0644);
          Fd reader = fs.open("p", O_RDONLY | O_NONBLOCK);
          Fd writer = fs.open("p", O_WRONLY);
          writer.write("through the pipe");
          assertThat(reader.read(100)).isEqualTo("through the pipe");
          assertThat(fs.stat("p").size()).isZero();
        });
    c.add(
        "fifo_openForWriteWithoutReader_failsWithEnxio",
        fs -> {
          fs.mkfifo("p", 0644);
          expect(Errno.ENXIO, () -> fs.open("p", O_WRONLY | O_NONBLOCK));
        });
    c.add(
        "fifo_blockingOpen_waitsForTheOtherEnd",
        fs -> {
          fs.mkfifo("p", 0644);
          List<String> got = new CopyOnWriteArrayList<>();
          Thread reader = new Thread(() -> got.add(fs.open("p", O_RDONLY).read(9)));
          reader.start();
          fs.open("p", O_WRONLY).write("x");
          reader.join(10_000);
          assertThat(got).containsExactly("x");
        });
    c.add(
        "fifo_closedWriter_isTheEndForTheReader",
        fs -> {
          fs.mkfifo("p", 0644);
          Fd reader = fs.open("p", O_RDONLY | O_NONBLOCK);
          Fd writer = fs.open("p", O_WRONLY);
          expect(Errno.EAGAIN, () -> reader.read(1));
          writer.close();
          assertThat(reader.read(1)).isEmpty();
        });
    c.add(
        "fifo_seek_failsWithEspipe",
        fs -> {
          fs.mkfifo("p", 0644);
          expect(Errno.ESPIPE, () -> fs.open("p", O_RDONLY | O_NONBLOCK).seek(0, SEEK_SET));
        });
    c.add(
        "fifo_renamedWhileOpen_staysConnected",
        fs -> {
          fs.mkfifo("p", 0644);
          Fd reader = fs.open("p", O_RDONLY | O_NONBLOCK);
          fs.rename("p", "q");
          fs.open("q", O_WRONLY).write("x");
          assertThat(reader.read(1)).isEqualTo("x");
        });
  }

  private static void sockets(CaseList c) {
    c.add(
        "socket_boundInTheDirectory_carriesData",
        fs -> {
          UnixDomainSocketAddress address = address(fs);
          try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            assertThat(fs.stat("sock").type()).isEqualTo(S_IFSOCK);
            try (SocketChannel client = SocketChannel.open(address);
                SocketChannel accepted = server.accept()) {
              ByteBuffer got = ByteBuffer.allocate(10);
              assertThat(client.write(ByteBuffer.wrap(new byte[] {42}))).isEqualTo(1);
              assertThat(accepted.read(got)).isEqualTo(1);
              assertThat(got.get(0)).isEqualTo((byte) 42);
            }
          }
          fs.unlink("sock");
          assertThat(fs.exists("sock")).isFalse();
        });
    c.add(
        "socket_bindOverExistingName_isRefused",
        fs -> {
          fs.write("sock", "kept");
          UnixDomainSocketAddress address = address(fs);
          try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> server.bind(address))
                .isInstanceOf(java.net.BindException.class);
          }
          assertThat(fs.read("sock")).isEqualTo("kept");
        });
  }

  /** A path that is short enough for a socket's address wherever the directory is. */
  private static UnixDomainSocketAddress address(Posix fs) {
    return UnixDomainSocketAddress.of(
        Path.of(fs.open(".", O_PATH | O_DIRECTORY).procPath(), "sock"));
  }

  static CaseList figures() {
    CaseList c = new CaseList("file system figures");
    c.add("statfs_longestName_is255", fs -> assertThat(fs.statfs(".").namelen()).isEqualTo(255));
    c.add(
        "statfs_space_isPlausible",
        fs -> {
          StatFs s = fs.statfs(".");
          assertThat(s.bsize()).isPositive();
          assertThat(s.frsize()).isPositive();
          assertThat(s.blocks()).isPositive();
          assertThat(s.bfree()).isBetween(1L, s.blocks());
          assertThat(s.bavail()).isBetween(1L, s.bfree());
        });
    c.add(
        "statfs_inodes_arePlausible",
        fs -> {
          StatFs s = fs.statfs(".");
          assertThat(s.ffree()).isBetween(0L, s.files());
        });
    c.add(
        "fstatfs_answersTheSameFileSystem",
        fs -> {
          fs.write("a", "");
          StatFs byName = fs.statfs("a");
          StatFs byFd = fs.open("a", O_RDONLY).statfs();
          assertThat(byFd.type()).isEqualTo(byName.type());
          assertThat(byFd.blocks()).isEqualTo(byName.blocks());
        });
    c.add(
        "stat_blockSize_isAPositivePowerOfTwo",
        fs -> {
          fs.write("a", "x");
          int size = fs.stat("a").blksize();
          assertThat(size).isPositive();
          assertThat(Integer.bitCount(size)).isEqualTo(1);
        });
    c.add(
        "stat_blocks_coverTheContent",
        fs -> {
          fs.write("a", pattern(100_000));
          fs.open("a", O_RDWR).sync();
          assertThat(fs.stat("a").blocks() * 512).isBetween(100_000L, 200_000L);
        });
    return c;
  }
}
