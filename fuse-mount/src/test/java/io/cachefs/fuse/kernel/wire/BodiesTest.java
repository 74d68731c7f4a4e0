package io.cachefs.fuse.kernel.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.FsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Every kind of request, byte for byte as the kernel sends it. */
class BodiesTest {
  private static Request request(String hexBody) throws FsException {
    return request(new Bytes().hex(hexBody).request(1, 2, 3));
  }

  private static Request request(byte[] bytes) throws FsException {
    ByteBuffer memory = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    memory.put(0, bytes);
    Request request = new Request(memory);
    request.received(bytes.length);
    return request;
  }

  @Test
  void header() throws FsException {
    Request in =
        request(
            new Bytes()
                .hex(
                    "2a000000 0f000000 8877665544332211 0900000000000000"
                        + "e8030000 64000000 e1100000 0000 0000 6100")
                .done());
    assertThat(in.opcode()).isEqualTo(15);
    assertThat(in.unique()).isEqualTo(0x1122334455667788L);
    assertThat(in.node()).isEqualTo(9);
    assertThat(in.uid()).isEqualTo(1000);
    assertThat(in.gid()).isEqualTo(100);
    assertThat(in.pid()).isEqualTo(4321);
    assertThat(in.bodyLength()).isEqualTo(2);
    assertThat(in.name(0).toString()).isEqualTo("a");
  }

  @Test
  void header_withExtensions_leavesThemOutOfTheBody() throws FsException {
    Request in =
        request(
            new Bytes()
                .hex(
                    "32000000 0f000000 8877665544332211 0900000000000000"
                        + "e8030000 64000000 e1100000 0100 0000 6100 0102030405060708")
                .done());
    assertThat(in.bodyLength()).isEqualTo(2);
  }

  @Test
  void header_ofAnotherLength_isRefused() {
    byte[] bytes = new Bytes().u32(41, 1).u64(2, 3).u32(0, 0, 0, 0).done();
    assertThatThrownBy(() -> request(bytes)).hasMessageContaining("EINVAL");
  }

  @Test
  void init() throws FsException {
    String old = "07000000 2d000000 00000200 fbff3f3f";
    assertThat(Bodies.Init.of(request(old))).isEqualTo(new Bodies.Init(7, 45, 131072, 0x3f3ffffbL));
    String extended = "07000000 2d000000 00000200 fbffff73 20000000" + "00".repeat(44);
    assertThat(Bodies.Init.of(request(extended)))
        .isEqualTo(new Bodies.Init(7, 45, 131072, 0x2073fffffbL));
  }

  @Test
  void forget() throws FsException {
    assertThat(Bodies.Forget.of(request("0500000000000000"))).isEqualTo(new Bodies.Forget(5));
  }

  @Test
  void batchForget() throws FsException {
    Request in =
        request(
            "02000000 00000000 0700000000000000 0100000000000000"
                + " 0800000000000000 0200000000000000");
    assertThat(Bodies.BatchForget.of(in).count()).isEqualTo(2);
    assertThat(Bodies.BatchForget.inode(in, 1)).isEqualTo(8);
    assertThat(Bodies.BatchForget.references(in, 1)).isEqualTo(2);
    Request tooFew = request("03000000 00000000 0700000000000000 0100000000000000");
    assertThatThrownBy(() -> Bodies.BatchForget.of(tooFew)).hasMessageContaining("EINVAL");
  }

  @Test
  void getAttr() throws FsException {
    assertThat(Bodies.GetAttr.of(request("01000000 00000000 0c00000000000000")))
        .isEqualTo(new Bodies.GetAttr(true, 12));
    assertThat(Bodies.Statx.of(request("00000000 00000000 0c00000000000000 00000000 ff070000")))
        .isEqualTo(new Bodies.Statx(false, 12));
  }

  @Test
  void setAttr() throws FsException {
    Request in =
        request(
            "7b080000 00000000 0c00000000000000 0010000000000000 0000000000000000"
                + "0100000000000000 feffffffffffffff 0000000000000000"
                + "0a000000 0b000000 00000000 a4810000 00000000 e8030000 64000000 00000000");
    Bodies.SetAttr body = Bodies.SetAttr.of(in);
    assertThat(body)
        .isEqualTo(new Bodies.SetAttr(0x87b, 12, 4096, 1, 10, -2, 11, 0100644, 1000, 100));
    assertThat(body.has(Bodies.SetAttr.KILL_PRIVILEGES)).isTrue();
    assertThat(body.has(Bodies.SetAttr.GID)).isFalse();
  }

  @Test
  void names() throws FsException {
    assertThat(Bodies.Mknod.of(request("a4810000 05010000 12000000 00000000 6100")))
        .isEqualTo(new Bodies.Mknod(0100644, 0x105, 022));
    assertThat(Bodies.Mkdir.of(request("ed010000 12000000 6100")))
        .isEqualTo(new Bodies.Mkdir(0755, 022));
    assertThat(Bodies.Rename.of(request("0900000000000000 6100 6200")))
        .isEqualTo(new Bodies.Rename(9, 0, 8));
    Request rename = request("0900000000000000 01000000 00000000 6100 6263 00");
    assertThat(Bodies.Rename.withFlags(rename)).isEqualTo(new Bodies.Rename(9, 1, 16));
    assertThat(rename.name(rename.endOfText(16)).toString()).isEqualTo("bc");
    assertThat(Bodies.Link.of(request("0900000000000000 6100"))).isEqualTo(new Bodies.Link(9));
  }

  @Test
  void files() throws FsException {
    assertThat(Bodies.Open.of(request("02800000 01000000"))).isEqualTo(new Bodies.Open(0x8002, 1));
    assertThat(Bodies.Create.of(request("42800000 a4810000 12000000 00000000 6100")))
        .isEqualTo(new Bodies.Create(0x8042, 0100644, 022, 0));
    String read =
        "0c00000000000000 0010000000000000 00200000 04000000 0000000000000000 02800000 00000000";
    assertThat(Bodies.Read.of(request(read))).isEqualTo(new Bodies.Read(12, 4096, 8192));
    assertThat(Bodies.Write.of(request(read))).isEqualTo(new Bodies.Write(12, 4096, 8192, 4));
    assertThat(Bodies.Release.of(request("0c00000000000000" + "00".repeat(16))))
        .isEqualTo(new Bodies.Release(12));
    assertThat(Bodies.Fsync.of(request("0c00000000000000 01000000 00000000")))
        .isEqualTo(new Bodies.Fsync(12, true));
    assertThat(
            Bodies.Fallocate.of(
                request("0c00000000000000 0010000000000000 0020000000000000 03000000 00000000")))
        .isEqualTo(new Bodies.Fallocate(12, 4096, 8192, 3));
    assertThat(Bodies.Seek.of(request("0c00000000000000 0010000000000000 04000000 00000000")))
        .isEqualTo(new Bodies.Seek(12, 4096, 4));
    assertThat(
            Bodies.CopyRange.of(
                request(
                    "0c00000000000000 0100000000000000 0900000000000000 0d00000000000000"
                        + "0200000000000000 0300000000000000 0000000000000000")))
        .isEqualTo(new Bodies.CopyRange(12, 1, 13, 2, 3));
    assertThat(
            Bodies.Ioctl.of(
                request("0c00000000000000 10000000 01660880 0000000000000000 00000000 08000000")))
        .isEqualTo(new Bodies.Ioctl(12, 16, 0x80086601, 0, 8));
  }

  @Test
  void xattrs() throws FsException {
    assertThat(Bodies.SetXattr.of(request("03000000 01000000 6100 010203"), false))
        .isEqualTo(new Bodies.SetXattr(3, 1, 8));
    assertThat(Bodies.SetXattr.of(request("03000000 01000000 01000000 00000000 6100 010203"), true))
        .isEqualTo(new Bodies.SetXattr(3, 1, 16));
    assertThat(Bodies.GetXattr.of(request("00010000 00000000 6100")))
        .isEqualTo(new Bodies.GetXattr(256));
  }

  @Test
  void others() throws FsException {
    assertThat(Bodies.Access.of(request("04000000 00000000"))).isEqualTo(new Bodies.Access(4));
    assertThat(Bodies.Interrupt.of(request("0c00000000000000")))
        .isEqualTo(new Bodies.Interrupt(12));
  }
}
