package io.cachefs.store.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Attributes;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.NameRecord;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.XattrRecord.Xattr;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * The exact bytes of every key and record. Who has to change one of these strings has changed the
 * format, and raises {@link FormatVersion#INDEX}.
 */
final class GoldenBytesTest {
  private static final FileKey NEAR = new FileKey(0, 0x1234, 0x0102030405060708L);
  private static final FileKey FAR = new FileKey(7, -1, 5);
  private static final Attributes FILE =
      new Attributes(
          0xfd01,
          0x1234,
          Mode.REGULAR | 0644,
          1,
          1000,
          1000,
          0,
          5000,
          16,
          4096,
          new Timestamp(1_700_000_005L, 7),
          new Timestamp(1_700_000_000L, 5),
          new Timestamp(1_700_000_000L, 5),
          null);
  private static final Attributes DIRECTORY =
      new Attributes(
          1,
          2,
          Mode.DIRECTORY | 0755,
          2,
          0,
          0,
          0,
          4096,
          8,
          4096,
          new Timestamp(10, 1),
          new Timestamp(9, 2),
          new Timestamp(8, 3),
          new Timestamp(-1, 4));

  private final RecordWriter out = new RecordWriter();
  private final RecordReader in = new RecordReader();

  private static ByteBuffer key(Consumer<ByteBuffer> writer) {
    ByteBuffer key = ByteBuffer.allocate(Keys.MAX_SIZE);
    writer.accept(key);
    return key.flip();
  }

  private static ByteBuffer fileKey() {
    return key(key -> Keys.file(key, NEAR));
  }

  private static ByteBuffer nameKey() {
    return key(key -> Keys.name(key, NEAR, name()));
  }

  private static Name name() {
    try {
      return Name.of("ab");
    } catch (FsException e) {
      throw new AssertionError(e);
    }
  }

  private static String hex(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    return HexFormat.of().formatHex(copy);
  }

  /** Takes a record apart. */
  private interface Decoder {
    Object decode(ByteBuffer record) throws DamagedRecordException;
  }

  /** Compares with the bytes, reads them back, and sees that no bit of them can change unseen. */
  private void isWritten(String bytes, Object record, Decoder decoder)
      throws DamagedRecordException {
    assertThat(HexFormat.of().formatHex(out.toBytes())).isEqualTo(bytes);
    byte[] golden = HexFormat.of().parseHex(bytes);
    assertThat(decoder.decode(ByteBuffer.wrap(golden)))
        .usingRecursiveComparison()
        .isEqualTo(record);
    for (int bit = 0; bit < golden.length * 8; bit++) {
      byte[] flipped = golden.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatThrownBy(() -> decoder.decode(ByteBuffer.wrap(flipped)))
          .isInstanceOf(DamagedRecordException.class);
    }
    for (int length = 0; length < golden.length; length++) {
      ByteBuffer cut = ByteBuffer.wrap(golden, 0, length);
      assertThatThrownBy(() -> decoder.decode(cut)).isInstanceOf(DamagedRecordException.class);
    }
  }

  @Test
  void keys() throws DamagedRecordException {
    assertThat(hex(fileKey())).isEqualTo("0212340102030405060708");
    assertThat(hex(key(key -> Keys.file(key, FAR))))
        .isEqualTo("100000000708ffffffffffffffff0000000000000005");
    assertThat(hex(key(key -> Keys.file(key, new FileKey(0, 0, 0)))))
        .isEqualTo("000000000000000000");
    assertThat(hex(nameKey())).isEqualTo("02123401020304050607086162");
    assertThat(hex(key(key -> Keys.content(key, 0x1122334455L)))).isEqualTo("0000001122334455");
    assertThat(hex(key(key -> Keys.blocks(key, 0x1122334455L, 3))))
        .isEqualTo("000000112233445500000003");
    assertThat(Keys.readFile(fileKey())).isEqualTo(NEAR);
    assertThat(Keys.readFile(key(key -> Keys.file(key, FAR)))).isEqualTo(FAR);
    ByteBuffer ofName = nameKey();
    assertThat(Keys.readFile(ofName)).isEqualTo(NEAR);
    assertThat(Keys.readName(ofName)).isEqualTo(name());
  }

  @Test
  void keys_thatAreNone_areRefused() {
    for (String bytes : List.of("", "09", "10", "1000000007", "11", "0112", "ff00")) {
      assertThatThrownBy(() -> Keys.readFile(ByteBuffer.wrap(HexFormat.of().parseHex(bytes))))
          .isInstanceOf(DamagedRecordException.class);
    }
    assertThatThrownBy(() -> Keys.readName(ByteBuffer.wrap(new byte[] {'a', '/'})))
        .isInstanceOf(DamagedRecordException.class);
  }

  @Test
  void inode() throws DamagedRecordException {
    InodeRecord file =
        new InodeRecord(FILE, 1_700_000_001_000L, 9, 1, null, new byte[0], new byte[0]);
    FileRecords.write(out, fileKey(), NEAR, file, 2);
    isWritten(
        "000201d0afabfef9620981fa03a4830201e807e80700904e20802080c49fd50c0000000500000a041b0e6083",
        file,
        record -> FileRecords.readInode(in, fileKey(), record, NEAR, 2));
  }

  @Test
  void inode_withAllThereIs() throws DamagedRecordException {
    Version listed = new Version(1, new Timestamp(2, 3), new Timestamp(4, 5));
    InodeRecord full =
        new InodeRecord(DIRECTORY, 0, 0, 3, listed, new byte[] {1, 2}, new byte[] {3});
    FileRecords.write(out, fileKey(), NEAR, full, 0);
    isWritten(
        "37000300000102ed8301020000008040108020100000000302010403110202080000000503030201020103"
            + "a96f1072",
        full,
        record -> FileRecords.readInode(in, fileKey(), record, NEAR, 0));
  }

  @Test
  void inode_ofADirectoryListedAsItIs() throws DamagedRecordException {
    InodeRecord listed =
        new InodeRecord(DIRECTORY, 0, 0, 0, Version.of(DIRECTORY), new byte[0], new byte[0]);
    FileRecords.write(out, fileKey(), NEAR, listed, 0);
    isWritten(
        "0b000000000102ed83010200000080401080201000000003020104031102b2a36e00",
        listed,
        record -> FileRecords.readInode(in, fileKey(), record, NEAR, 0));
  }

  @Test
  void inode_ofAnotherEpoch_hasToBeAskedAgain() throws DamagedRecordException {
    InodeRecord file =
        new InodeRecord(FILE, 1_700_000_001_000L, 9, 1, null, new byte[0], new byte[0]);
    FileRecords.write(out, fileKey(), NEAR, file, 2);
    ByteBuffer record = ByteBuffer.wrap(out.toBytes());
    assertThat(FileRecords.readInode(in, fileKey(), record, NEAR, 3).checkedAtMillis()).isZero();
  }

  @Test
  void name_present() throws DamagedRecordException {
    KnownName present = KnownName.of(new NameRecord(FAR, Mode.DIRECTORY, 77));
    FileRecords.write(out, nameKey(), present, 2);
    isWritten(
        "01029a014000100000000708ffffffffffffffff000000000000000592eed625",
        present,
        record -> FileRecords.readName(in, nameKey(), record, 2));
  }

  @Test
  void name_thatShowsAnotherNumber() throws DamagedRecordException {
    KnownName shown = new KnownName(new NameRecord(NEAR, Mode.REGULAR, 77), 9);
    FileRecords.write(out, nameKey(), shown, 2);
    isWritten(
        "03029a018000021234010203040506070809fdb11cd8",
        shown,
        record -> FileRecords.readName(in, nameKey(), record, 2));
  }

  @Test
  void name_absent() throws DamagedRecordException {
    KnownName absent = KnownName.of(new NameRecord(null, 0, 77));
    FileRecords.write(out, nameKey(), absent, 2);
    isWritten(
        "00029a010000dbbd5969", absent, record -> FileRecords.readName(in, nameKey(), record, 2));
  }

  @Test
  void xattrs() throws DamagedRecordException {
    XattrRecord xattrs =
        new XattrRecord(
            new Timestamp(1, 2),
            true,
            List.of(
                new Xattr(new byte[] {'a'}, new byte[] {'v'}, false),
                new Xattr(new byte[] {'b'}, null, true)));
    FileRecords.write(out, fileKey(), xattrs);
    isWritten(
        "0102000000020201016101760201626502fa50",
        xattrs,
        record -> FileRecords.readXattrs(in, fileKey(), record));
  }

  @Test
  void content() throws DamagedRecordException {
    ByteBuffer key = key(bytes -> Keys.content(bytes, 3));
    ContentRecord content =
        new ContentRecord(3, NEAR, Version.of(FILE), 8192, ContentRecord.COMPLETE, 1000, 1500, 4);
    ContentRecords.write(out, key, content);
    isWritten(
        "020212340102030405060708904e80c49fd50c000000050000808001d00fe80704909fdd20",
        content,
        record -> ContentRecords.readContent(in, key, record, 3));
  }

  @Test
  void blocks_whenTheFirstAreThere() throws DamagedRecordException {
    ByteBuffer key = key(bytes -> Keys.blocks(bytes, 3, 1));
    BlockGroup first = new BlockGroup();
    first.put(0, 0x01020304);
    first.put(1, -1);
    ContentRecords.write(out, key, first);
    isWritten(
        "01000201020304ffffffff4474e18c",
        first,
        record -> ContentRecords.readBlocks(in, key, record));
  }

  @Test
  void blocks_whenSomeAreThere() throws DamagedRecordException {
    ByteBuffer key = key(bytes -> Keys.blocks(bytes, 3, 1));
    BlockGroup some = new BlockGroup();
    some.put(1, 0x01020304);
    some.put(255, 5);
    ContentRecords.write(out, key, some);
    isWritten(
        "02020000000000000000000000000000000000000000000000000000000000008001020304000000057e2acc40",
        some,
        record -> ContentRecords.readBlocks(in, key, record));
  }

  @Test
  void inlineData() throws DamagedRecordException {
    ByteBuffer key = key(bytes -> Keys.content(bytes, 3));
    byte[] data = {'h', 'i'};
    ContentRecords.writeInline(out, key, data);
    isWritten("6869da9313fa", data, record -> ContentRecords.readInline(in, key, record));
  }

  @Test
  void totals() throws DamagedRecordException {
    ByteBuffer key = ByteBuffer.wrap(new byte[] {Totals.KEY_BYTE});
    Totals totals = new Totals(FormatVersion.INDEX, 2, 3, 4, 5, 6, 7, 8);
    Totals.write(out, key, totals);
    isWritten(
        "000000010000000000000002000000000000000300000000000000040000000000000005"
            + "000000000000000600000000000000070000000000000008cb67db27",
        totals,
        record -> Totals.read(in, key, record));
  }

  @Test
  void record_underAnotherKey_isDamaged() {
    FileRecords.write(out, nameKey(), KnownName.of(new NameRecord(null, 0, 77)), 2);
    ByteBuffer record = ByteBuffer.wrap(out.toBytes());
    assertThatThrownBy(() -> FileRecords.readName(in, fileKey(), record, 2))
        .isInstanceOf(DamagedRecordException.class);
  }
}
