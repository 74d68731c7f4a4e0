package io.cachefs.cache.data;

import io.cachefs.base.ByteRange;
import io.cachefs.base.FileKey;
import io.cachefs.base.FsException;
import io.cachefs.base.Passthrough;
import io.cachefs.base.Version;
import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of one version of a file, while it is in use. Thread-safe. Each {@link
 * DataCache#acquire} is one use and ends with one {@link #close}; nothing may be called after it.
 *
 * <p>The uses of one file share its state. A content is <em>dead</em> when its version is known to
 * be gone or when it was dropped: it keeps nothing then, and every read goes to the origin.
 */
public interface Content extends Closeable {
  long id();

  FileKey file();

  Version version();

  /**
   * Reads into {@code target}, direct or not, and moves its position; 0 at the end of the file.
   *
   * @param ahead of this handle, or null to fetch nothing but what is asked
   * @return fewer bytes than asked only at the end of the file
   */
  int read(long offset, ByteBuffer target, Origin origin, @Nullable ReadAhead ahead)
      throws FsException;

  /** Returns whether every byte is kept. */
  boolean isComplete();

  boolean isDead();

  /** Returns whether it is kept from being evicted also while nobody uses it. */
  boolean isPinned();

  /**
   * Returns how the kernel may read by itself until this use is closed, or null. That needs every
   * byte kept and checked; a large file that has to be checked first is checked in the background
   * and can be had later.
   */
  @Nullable Passthrough passthrough();

  /** Returns what is kept, in order, adjacent ranges joined. */
  List<ByteRange> ranges();

  /** Brings in all that is missing, and confirms it. Fails if the cache has no room for it. */
  void fill(Origin origin) throws FsException;

  /**
   * Asks the origin whether what was fetched from it is of this version, and keeps it if so. To be
   * called before an origin that was read from is closed; what was never confirmed is not kept.
   */
  void confirm(Origin origin);

  // --- A writer beside kernels that read the blob by themselves ---

  /**
   * Makes this content forgotten while its blob stays in use: it is not found by any later {@link
   * DataCache#acquire}, and may be changed from now on. It is dead.
   */
  void detach() throws FsException;

  /** Writes what remains in the direct {@code data} to the blob of a detached content. */
  void writeDetached(long offset, ByteBuffer data) throws FsException;

  /** Sets the length of the blob of a detached content. */
  void truncateDetached(long size) throws FsException;

  /** Reads from the blob of a detached content into the direct {@code target}. */
  int readDetached(long offset, ByteBuffer target) throws FsException;

  /**
   * Returns what of a detached blob differs from what was fetched or written through here: a kernel
   * wrote it through a mapping. It is returned again until it was {@linkplain #acceptChange
   * accepted}.
   */
  List<ByteRange> changedUnderneath() throws FsException;

  /** Says that a range {@link #changedUnderneath} returned has been written to the source. */
  void acceptChange(ByteRange range);

  /** Ends this use. The last one hands over what was confirmed to the index. */
  @Override
  void close();
}
