package io.cachefs.store.directory;

import io.cachefs.store.directory.CacheDirectoryException.Kind;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps other processes out of a cache directory, until closed or until the process ends. */
final class DirectoryLock implements Closeable {
  /**
   * The locked files of this process. A lock of Linux belongs to the process and is gone as soon as
   * <em>any</em> descriptor of the file is closed, so a second opener must not even look.
   */
  private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

  private final Object key;
  private final FileChannel channel;

  private DirectoryLock(Object key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  static DirectoryLock take(Path directory) throws IOException, CacheDirectoryException {
    Path file = Layout.lock(directory);
    // Of the directory, because the file may not be there yet.
    Object key =
        Files.getAttribute(directory, "unix:dev") + ":" + Files.getAttribute(directory, "unix:ino");
    if (!HELD.add(key)) {
      throw locked(directory, ProcessHandle.current().pid());
    }
    FileChannel channel = null;
    boolean taken = false;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        throw locked(directory, readPid(channel));
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
      taken = true;
      return new DirectoryLock(key, channel);
    } finally {
      if (!taken) {
        if (channel != null) {
          channel.close();
        }
        HELD.remove(key);
      }
    }
  }

  private static long readPid(FileChannel channel) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(32);
    channel.read(text, 0);
    try {
      return Long.parseLong(
          new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).trim());
    } catch (NumberFormatException e) {
      // Its owner has not come to write it yet.
      return 0;
    }
  }

  private static CacheDirectoryException locked(Path directory, long pid) {
    String who = pid == 0 ? "another process" : "process " + pid;
    return new CacheDirectoryException(
        Kind.LOCKED,
        "the cache in " + directory + " is in use by " + who + ": end it, or use another directory",
        pid);
  }

  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      // Who takes the lock next writes a number of its own.
      channel.close();
      HELD.remove(key);
    }
  }
}
