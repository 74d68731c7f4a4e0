package io.cachefs.cache.metadata;

import io.cachefs.base.FileKey;
import io.cachefs.source.FileId;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Translates between what the source calls a file now and what the index calls it for good. The
 * device of the root may have another number after a restart; those mounted below count by theirs.
 * Thread-safe.
 */
public final class FileKeys {
  private final long rootDevice;
  private final Map<Integer, Long> devices = new ConcurrentHashMap<>();

  public FileKeys(long rootDevice) {
    this.rootDevice = rootDevice;
  }

  /** Returns the key of a file. */
  public FileKey key(FileId id) {
    if (id.device() == rootDevice) {
      return new FileKey(0, id.inode(), id.generation());
    }
    // Linux has 32 bits for a device, and 0 is none, so nothing is lost.
    int volume = (int) id.device();
    devices.put(volume, id.device());
    return new FileKey(volume, id.inode(), id.generation());
  }

  /** Returns what the source calls the file, or null if its device was not seen yet. */
  public @Nullable FileId id(FileKey key) {
    Long device = key.volume() == 0 ? Long.valueOf(rootDevice) : devices.get(key.volume());
    return device == null ? null : new FileId(device, key.inode(), key.generation());
  }
}
