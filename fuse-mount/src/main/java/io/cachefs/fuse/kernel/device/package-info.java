/**
 * The mount itself: opens {@code /dev/fuse} or talks to {@code fusermount3}, reads requests with a
 * changing number of threads, writes replies and messages, unmounts.
 *
 * <p>May use kernel.dispatch, kernel.wire, fuse and sys. Invariant between calls: the device stays
 * open until the last thread that may use it has ended. Nothing here touches the mount by path: a
 * Java process that waits for its own mount can stop as a whole.
 */
@NullMarked
package io.cachefs.fuse.kernel.device;

import org.jspecify.annotations.NullMarked;
