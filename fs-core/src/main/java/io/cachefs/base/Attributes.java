package io.cachefs.base;

import org.jspecify.annotations.Nullable;

/**
 * What {@code statx(2)} reports of a file.
 *
 * @param device number of the device that the file lives on
 * @param inode the inode number that users see
 * @param mode type and permission bits, see {@link Mode}
 * @param linkCount number of names
 * @param specialDevice device number of a device node, as {@code makedev} packs it
 * @param blockCount space used in units of 512 bytes
 * @param blockSize preferred size of a transfer
 * @param born when the file was created, or null where the file system does not say
 */
public record Attributes(
    long device,
    long inode,
    int mode,
    int linkCount,
    int uid,
    int gid,
    int specialDevice,
    long size,
    long blockCount,
    int blockSize,
    Timestamp accessed,
    Timestamp modified,
    Timestamp changed,
    @Nullable Timestamp born) {

  public boolean isDirectory() {
    return Mode.isDirectory(mode);
  }

  public boolean isRegular() {
    return Mode.isRegular(mode);
  }

  public boolean isSymlink() {
    return Mode.isSymlink(mode);
  }

  /** Returns these attributes under another owner and with other permission bits. */
  public Attributes withOwnerAndMode(int newUid, int newGid, int newMode) {
    return new Attributes(
        device,
        inode,
        newMode,
        linkCount,
        newUid,
        newGid,
        specialDevice,
        size,
        blockCount,
        blockSize,
        accessed,
        modified,
        changed,
        born);
  }

  /** Returns these attributes under another inode number. */
  public Attributes withInode(long newInode) {
    return with(device, newInode);
  }

  /** Returns the same with another device number. */
  public Attributes withDevice(long newDevice) {
    return with(newDevice, inode);
  }

  private Attributes with(long newDevice, long newInode) {
    return new Attributes(
        newDevice,
        newInode,
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
}
