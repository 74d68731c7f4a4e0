package io.cachefs.writeback;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.writeback.journal.Disk;
import io.cachefs.writeback.journal.DiskFile;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BooleanSupplier;

/** A disk of which some writes fail, each after it wrote a part. Thread-safe. */
final class FailingDisk implements Disk {
  private final Disk disk;
  private final Errno errno;
  private final BooleanSupplier fails;

  FailingDisk(Disk disk, Errno errno, BooleanSupplier fails) {
    this.disk = disk;
    this.errno = errno;
    this.fails = fails;
  }

  @Override
  public List<String> names() throws FsException {
    return disk.names();
  }

  @Override
  public DiskFile open(String name, boolean create) throws FsException {
    DiskFile file = disk.open(name, create);
    return new DiskFile() {
      @Override
      public int read(long offset, ByteBuffer target) throws FsException {
        return file.read(offset, target);
      }

      @Override
      public void write(long offset, ByteBuffer data) throws FsException {
        if (fails.getAsBoolean()) {
          ByteBuffer part = data.duplicate();
          file.write(offset, part.limit(part.position() + part.remaining() / 2));
          throw new FsException(errno);
        }
        file.write(offset, data);
      }

      @Override
      public void sync() throws FsException {
        file.sync();
      }

      @Override
      public long size() throws FsException {
        return file.size();
      }

      @Override
      public void truncate(long size) throws FsException {
        file.truncate(size);
      }

      @Override
      public void close() {
        file.close();
      }
    };
  }

  @Override
  public void remove(String name) throws FsException {
    disk.remove(name);
  }

  @Override
  public void syncDirectory() throws FsException {
    disk.syncDirectory();
  }
}
