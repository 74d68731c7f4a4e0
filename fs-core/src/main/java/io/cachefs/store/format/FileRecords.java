package io.cachefs.store.format;

import io.cachefs.base.Attributes;
import io.cachefs.base.FileKey;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.store.InodeRecord;
import io.cachefs.store.NameRecord;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.XattrRecord.Xattr;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Records of inodes, names and extended attributes.
 *
 * <p>Inodes and names carry the <em>epoch</em> in which they were written. A record of an earlier
 * one may be outdated, so the time at which it was checked reads as 0.
 */
public final class FileRecords {
  private static final char INODE_KIND = 'i';
  private static final char NAME_KIND = 'n';
  private static final char XATTR_KIND = 'x';

  private static final int OWN_INODE = 1;
  private static final int BORN = 2;
  private static final int LISTED = 4;
  private static final int LISTED_NOW = 8;
  private static final int HANDLE = 16;
  private static final int TARGET = 32;

  private static final int PRESENT = 1;
  private static final int SHOWN_INODE = 2;

  private static final int VALUE = 1;
  private static final int ABSENT = 2;

  private FileRecords() {}

  public static void write(
      RecordWriter out, ByteBuffer key, FileKey file, InodeRecord inode, long epoch) {
    Attributes of = inode.attributes();
    Timestamp born = of.born();
    Version listed = inode.listed();
    boolean listedNow = listed != null && listed.equals(Version.of(of));
    int has = of.inode() == file.inode() ? 0 : OWN_INODE;
    has |= born == null ? 0 : BORN;
    has |= listed == null ? 0 : listedNow ? LISTED_NOW : LISTED;
    has |= inode.handle().length == 0 ? 0 : HANDLE;
    has |= inode.target().length == 0 ? 0 : TARGET;
    out.start(INODE_KIND).u8(has);
    out.unsigned(epoch);
    out.unsigned(inode.flags());
    out.signed(inode.checkedAtMillis());
    out.unsigned(inode.contentId());
    writeAttributes(out, of, (has & OWN_INODE) != 0);
    if (born != null) {
      out.timeNear(born, of.changed());
    }
    if (listed != null && !listedNow) {
      out.version(listed);
    }
    if (inode.handle().length > 0) {
      out.counted(inode.handle());
    }
    if (inode.target().length > 0) {
      out.counted(inode.target());
    }
    out.seal(key);
  }

  private static void writeAttributes(RecordWriter out, Attributes of, boolean withInode) {
    out.unsigned(of.device());
    if (withInode) {
      out.unsigned(of.inode());
    }
    out.unsigned(of.mode());
    out.unsigned(of.linkCount());
    out.unsigned(of.uid());
    out.unsigned(of.gid());
    out.unsigned(of.specialDevice());
    out.signed(of.size());
    out.signed(of.blockCount());
    out.unsigned(of.blockSize());
    out.time(of.changed());
    out.timeNear(of.modified(), of.changed());
    out.timeNear(of.accessed(), of.changed());
  }

  public static InodeRecord readInode(
      RecordReader in, ByteBuffer key, ByteBuffer record, FileKey file, long epoch)
      throws DamagedRecordException {
    in.start(INODE_KIND, key, record);
    int has = in.u8();
    boolean trusted = in.unsigned() == epoch;
    int flags = in.unsigned32();
    long checked = in.signed();
    long contentId = in.unsigned();
    Attributes attributes = readAttributes(in, file, has);
    Version listed = null;
    if ((has & LISTED_NOW) != 0) {
      listed = Version.of(attributes);
    } else if ((has & LISTED) != 0) {
      listed = in.version();
    }
    byte[] handle = (has & HANDLE) != 0 ? in.counted() : NOTHING;
    byte[] target = (has & TARGET) != 0 ? in.counted() : NOTHING;
    in.end();
    return new InodeRecord(
        attributes, trusted ? checked : 0, contentId, flags, listed, handle, target);
  }

  private static final byte[] NOTHING = {};

  private static Attributes readAttributes(RecordReader in, FileKey file, int has)
      throws DamagedRecordException {
    long device = in.unsigned();
    long inode = (has & OWN_INODE) != 0 ? in.unsigned() : file.inode();
    int mode = in.unsigned32();
    int linkCount = in.unsigned32();
    int uid = in.unsigned32();
    int gid = in.unsigned32();
    int specialDevice = in.unsigned32();
    long size = in.signed();
    long blockCount = in.signed();
    int blockSize = in.unsigned32();
    Timestamp changed = in.time();
    Timestamp modified = in.timeNear(changed);
    Timestamp accessed = in.timeNear(changed);
    Timestamp born = (has & BORN) != 0 ? in.timeNear(changed) : null;
    return new Attributes(
        device,
        inode,
        mode,
        linkCount,
        uid,
        gid,
        specialDevice,
        size,
        blockCount,
        blockSize,
        accessed,
        modified,
        changed,
        born);
  }

  public static void write(RecordWriter out, ByteBuffer key, KnownName name, long epoch) {
    NameRecord record = name.record();
    FileKey child = record.child();
    int has = child == null ? 0 : child.inode() == name.inode() ? PRESENT : PRESENT | SHOWN_INODE;
    out.start(NAME_KIND).u8(has);
    out.unsigned(epoch);
    out.signed(record.checkedAtMillis());
    out.u16(record.type());
    if (child != null) {
      Keys.file(out, child);
      if ((has & SHOWN_INODE) != 0) {
        out.unsigned(name.inode());
      }
    }
    out.seal(key);
  }

  public static KnownName readName(RecordReader in, ByteBuffer key, ByteBuffer record, long epoch)
      throws DamagedRecordException {
    in.start(NAME_KIND, key, record);
    int has = in.u8();
    boolean trusted = in.unsigned() == epoch;
    long checked = in.signed();
    int type = in.u16();
    FileKey child = null;
    long inode = 0;
    if ((has & PRESENT) != 0) {
      child = Keys.readFile(record);
      inode = (has & SHOWN_INODE) != 0 ? in.unsigned() : child.inode();
    }
    in.end();
    return new KnownName(new NameRecord(child, type, trusted ? checked : 0), inode);
  }

  public static void write(RecordWriter out, ByteBuffer key, XattrRecord record) {
    out.start(XATTR_KIND).u8(record.complete() ? 1 : 0);
    out.time(record.changed());
    out.unsigned(record.xattrs().size());
    for (Xattr each : record.xattrs()) {
      byte[] value = each.value();
      out.u8((value == null ? 0 : VALUE) | (each.absent() ? ABSENT : 0));
      out.counted(each.name());
      if (value != null) {
        out.counted(value);
      }
    }
    out.seal(key);
  }

  public static XattrRecord readXattrs(RecordReader in, ByteBuffer key, ByteBuffer record)
      throws DamagedRecordException {
    in.start(XATTR_KIND, key, record);
    boolean complete = in.u8() != 0;
    Timestamp changed = in.time();
    int count = in.unsigned32();
    List<Xattr> xattrs = new ArrayList<>(Math.min(Math.max(count, 0), 64));
    for (int i = 0; i < count; i++) {
      int has = in.u8();
      byte[] name = in.counted();
      byte[] value = (has & VALUE) != 0 ? in.counted() : null;
      xattrs.add(new Xattr(name, value, (has & ABSENT) != 0));
    }
    in.end();
    return new XattrRecord(changed, complete, List.copyOf(xattrs));
  }
}
