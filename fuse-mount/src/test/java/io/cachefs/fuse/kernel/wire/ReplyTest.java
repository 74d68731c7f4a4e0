package io.cachefs.fuse.kernel.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Attributes;
import io.cachefs.base.StatFs;
import io.cachefs.base.Timestamp;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Every kind of reply, byte for byte as the kernel expects it. */
class ReplyTest {
  private static final long NAME = 2_000_000_000L;
  private static final long ATTRIBUTE = 1_500_000_000L;
  private static final long ABSENCE = 3_000_000_000L;

  private static final Attributes ATTRIBUTES =
      new Attributes(
          7,
          0x1122,
          0100644,
          2,
          1000,
          100,
          0x10305,
          4097,
          16,
          4096,
          new Timestamp(1, 10),
          new Timestamp(-2, 20),
          new Timestamp(3, 30),
          new Timestamp(4, 40));

  /** fuse_attr of {@link #ATTRIBUTES}. */
  private static final String ATTR =
      "2211000000000000 0110000000000000 1000000000000000"
          + "0100000000000000 feffffffffffffff 0300000000000000 0a000000 14000000 1e000000"
          + "a4810000 02000000 e8030000 64000000 05030100 00100000 00000000";

  private static final String ENTRY =
      "0900000000000000 0000000000000000 0200000000000000 0100000000000000 00000000 0065cd1d"
          + ATTR;

  private final ByteBuffer memory = ByteBuffer.allocate(8192).order(ByteOrder.LITTLE_ENDIAN);
  private final Reply reply = new Reply(memory);

  ReplyTest() {
    Arrays.fill(memory.array(), (byte) 0xEE);
    reply.begin(16);
  }

  private void startAgain() {
    reply.clear();
    Arrays.fill(memory.array(), (byte) 0xEE);
  }

  private void assertBody(String hex) {
    assertThat(body()).isEqualTo(hex.replace(" ", ""));
    assertThat(memory.get(32 + reply.bodyLength())).isEqualTo((byte) 0xEE);
  }

  private String body() {
    byte[] body = new byte[reply.bodyLength()];
    memory.get(32, body);
    return HexFormat.of().formatHex(body);
  }

  @Test
  void header() {
    reply.number(5);
    reply.finish(0x1122334455667788L, 2);
    byte[] all = new byte[reply.length()];
    memory.get(16, all);
    assertThat(HexFormat.of().formatHex(all))
        .isEqualTo("18000000" + "feffffff" + "8877665544332211" + "0500000000000000");
  }

  @Test
  void entry() {
    reply.entry(9, ATTRIBUTES, NAME, ATTRIBUTE);
    assertBody(ENTRY);
  }

  @Test
  void absentEntry() {
    reply.absentEntry(ABSENCE);
    assertBody("00".repeat(16) + "0300000000000000" + "00".repeat(104));
  }

  @Test
  void attributes() {
    reply.attributes(ATTRIBUTES, ATTRIBUTE);
    assertBody("0100000000000000 0065cd1d 00000000" + ATTR);
  }

  @Test
  void statx() {
    reply.statx(ATTRIBUTES, ATTRIBUTE);
    assertBody(
        "0100000000000000 0065cd1d 00000000"
            + "00".repeat(16)
            + "ff0f0000 00100000 0000000000000000 02000000 e8030000 64000000 a481 0000"
            + "2211000000000000 0110000000000000 1000000000000000 0000000000000000"
            + "0100000000000000 0a000000 00000000"
            + "0400000000000000 28000000 00000000"
            + "0300000000000000 1e000000 00000000"
            + "feffffffffffffff 14000000 00000000"
            + "03010000 05000000 00000000 00000000"
            + "00".repeat(112));
  }

  @Test
  void small() {
    reply.open(12, OpenReplyFlags.PASSTHROUGH | OpenReplyFlags.NO_FLUSH, 3);
    assertBody("0c00000000000000 a0000000 03000000");
    startAgain();
    reply.written32(5);
    assertBody("05000000 00000000");
    startAgain();
    reply.xattrSize(6);
    assertBody("06000000 00000000");
    startAgain();
    reply.number(-1);
    assertBody("ffffffffffffffff");
  }

  @Test
  void ioctl() {
    reply.ioctl(new byte[] {1, 2, 3});
    assertBody("00".repeat(16) + "010203");
  }

  @Test
  void statfs() {
    reply.statfs(new StatFs(1, 2, 3, 4, 5, 6, 255, 8, 9));
    assertBody(
        "0100000000000000 0200000000000000 0300000000000000 0400000000000000 0500000000000000"
            + "06000000 ff000000 08000000 00000000"
            + "00".repeat(24));
  }

  @Test
  void init() {
    reply.init(45, 131072, InitFlags.INIT_EXT | InitFlags.PASSTHROUGH, 64, 48, 1 << 20, 256, 1);
    assertBody(
        "07000000 2d000000 00000200 00000040 4000 3000 00001000 01000000 0001 0000"
            + "20000000 01000000"
            + "00".repeat(24));
  }

  @Test
  void directoryEntry() {
    byte[] name = "abcdefghi!".getBytes(StandardCharsets.US_ASCII);
    assertThat(reply.directoryEntry(40, name, 9, 7, 8, 2)).isTrue();
    assertThat(reply.directoryEntry(71, name, 1, 7, 8, 2)).isFalse();
    assertBody(
        "0700000000000000 0200000000000000 09000000 08000000 616263646566676869" + "00".repeat(7));
  }

  @Test
  void expireEntriesPlus_clearsTheTimesOfEachEntryAndNothingElse() {
    byte[] name = {'a'};
    for (int i = 0; i < 2; i++) {
      boolean unused = reply.directoryEntryPlus(999, name, 1, 7, 8, 2, 9, ATTRIBUTES, 0, 0);
    }
    String never = body();
    reply.clear();
    for (int i = 0; i < 2; i++) {
      boolean unused =
          reply.directoryEntryPlus(999, name, 1, 7, 8, 2, 9, ATTRIBUTES, NAME, ATTRIBUTE);
    }
    assertThat(body()).isNotEqualTo(never);
    String whole = body();
    reply.expireEntriesPlus(inode -> inode != 9);
    assertThat(body()).isEqualTo(whole);
    reply.expireEntriesPlus(inode -> inode == 9);
    assertThat(body()).isEqualTo(never);
  }

  @Test
  void directoryEntryPlus() {
    byte[] name = {'a'};
    assertThat(reply.directoryEntryPlus(159, name, 1, 7, 8, 2, 9, ATTRIBUTES, NAME, ATTRIBUTE))
        .isFalse();
    assertThat(reply.directoryEntryPlus(320, name, 1, 7, 8, 2, 9, ATTRIBUTES, NAME, ATTRIBUTE))
        .isTrue();
    assertThat(reply.directoryEntryPlus(320, name, 1, 7, 4, 3, 0, null, NAME, ATTRIBUTE)).isTrue();
    assertBody(
        ENTRY
            + "0700000000000000 0200000000000000 01000000 08000000 6100000000000000"
            + "00".repeat(128)
            + "0700000000000000 0300000000000000 01000000 04000000 6100000000000000");
    assertThat(reply.inodeOfEntryPlus(0)).isEqualTo(9);
    assertThat(reply.nextEntryPlus(0)).isEqualTo(160);
    assertThat(reply.inodeOfEntryPlus(160)).isZero();
  }

  @Test
  void notices() {
    int length = Notices.invalidateInode(memory, 9, true);
    assertMessage(
        length,
        "28000000 02000000 0000000000000000 0900000000000000 ffffffffffffffff 0000000000000000");
    length = Notices.invalidateInode(memory, 9, false);
    assertMessage(
        length,
        "28000000 02000000 0000000000000000 0900000000000000 0000000000000000 0000000000000000");
    length = Notices.invalidateEntry(memory, 9, new byte[] {'a', 'b'});
    assertMessage(
        length, "23000000 03000000 0000000000000000 0900000000000000 02000000 00000000 616200");
  }

  private void assertMessage(int length, String hex) {
    byte[] message = new byte[length];
    memory.get(0, message);
    assertThat(HexFormat.of().formatHex(message)).isEqualTo(hex.replace(" ", ""));
  }

  @Test
  void opcodes_haveTheirNumbers() {
    assertThat(Opcode.find(1)).isEqualTo(Opcode.LOOKUP);
    assertThat(Opcode.find(53)).isEqualTo(Opcode.COPY_FILE_RANGE_64);
    assertThat(Opcode.find(37)).isNull();
    assertThat(Opcode.find(-1)).isNull();
    assertThat(Opcode.find(4096)).isNull();
    assertThat(Opcode.namesByNumber().get(44)).isEqualTo("READDIRPLUS");
  }
}
