package io.cachefs.store.format;

import io.cachefs.base.FileKey;
import io.cachefs.base.Version;
import io.cachefs.store.BlockGroup;
import io.cachefs.store.ContentRecord;
import java.nio.ByteBuffer;

/** Records of contents, their blocks and their inline data. */
public final class ContentRecords {
  private static final char CONTENT_KIND = 'c';
  private static final char BLOCKS_KIND = 'b';
  private static final char INLINE_KIND = 'd';

  private static final int FIRST_BLOCKS = 1;
  private static final int SOME_BLOCKS = 2;

  private ContentRecords() {}

  public static void write(RecordWriter out, ByteBuffer key, ContentRecord content) {
    out.start(CONTENT_KIND).unsigned(content.flags());
    Keys.file(out, content.file());
    out.version(content.version());
    out.signed(content.storedBytes());
    out.signed(content.fetchedAtMillis());
    out.signed(content.usedAtMillis() - content.fetchedAtMillis());
    out.unsigned(content.uses());
    out.seal(key);
  }

  public static ContentRecord readContent(
      RecordReader in, ByteBuffer key, ByteBuffer record, long id) throws DamagedRecordException {
    in.start(CONTENT_KIND, key, record);
    int flags = in.unsigned32();
    FileKey file = Keys.readFile(record);
    Version version = in.version();
    long storedBytes = in.signed();
    long fetched = in.signed();
    long used = in.signed() + fetched;
    int uses = in.unsigned32();
    in.end();
    return new ContentRecord(id, file, version, storedBytes, flags, fetched, used, uses);
  }

  /** Writes the checksums of the blocks that are present, and which they are. */
  public static void write(RecordWriter out, ByteBuffer key, BlockGroup blocks) {
    int count = blocks.count();
    int leading = 0;
    while (leading < BlockGroup.BLOCKS && blocks.isPresent(leading)) {
      leading++;
    }
    out.start(BLOCKS_KIND);
    if (leading == count) {
      out.u8(FIRST_BLOCKS);
      out.u16(count);
    } else {
      out.u8(SOME_BLOCKS);
      for (int first = 0; first < BlockGroup.BLOCKS; first += 8) {
        int present = 0;
        for (int i = 0; i < 8; i++) {
          present |= blocks.isPresent(first + i) ? 1 << i : 0;
        }
        out.u8(present);
      }
    }
    for (int i = 0; i < BlockGroup.BLOCKS; i++) {
      if (blocks.isPresent(i)) {
        out.u32(blocks.checksum(i));
      }
    }
    out.seal(key);
  }

  public static BlockGroup readBlocks(RecordReader in, ByteBuffer key, ByteBuffer record)
      throws DamagedRecordException {
    in.start(BLOCKS_KIND, key, record);
    BlockGroup blocks = new BlockGroup();
    int kind = in.u8();
    if (kind == FIRST_BLOCKS) {
      int count = in.u16();
      if (count > BlockGroup.BLOCKS) {
        throw new DamagedRecordException("too many blocks");
      }
      for (int i = 0; i < count; i++) {
        blocks.put(i, in.u32());
      }
    } else if (kind == SOME_BLOCKS) {
      byte[] present = in.raw(BlockGroup.BLOCKS / 8);
      for (int i = 0; i < BlockGroup.BLOCKS; i++) {
        if ((present[i >> 3] & 1 << (i & 7)) != 0) {
          blocks.put(i, in.u32());
        }
      }
    } else {
      throw new DamagedRecordException("unknown kind of blocks");
    }
    in.end();
    return blocks;
  }

  public static void writeInline(RecordWriter out, ByteBuffer key, byte[] data) {
    out.start(INLINE_KIND).raw(data, data.length);
    out.seal(key);
  }

  public static byte[] readInline(RecordReader in, ByteBuffer key, ByteBuffer record)
      throws DamagedRecordException {
    in.start(INLINE_KIND, key, record);
    return in.raw(in.remaining());
  }
}
