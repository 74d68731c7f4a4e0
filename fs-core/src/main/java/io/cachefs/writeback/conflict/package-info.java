/**
 * The conflicts that nobody has resolved yet, kept over restarts in a file of the cache directory.
 *
 * <p>May use base and writeback.send. Invariants: what was added is on the disk when the call
 * returns, unless the disk failed, which is logged; there are never more than a fixed number. The
 * format is described in {@code docs/on-disk-format.md}.
 */
@NullMarked
package io.cachefs.writeback.conflict;

import org.jspecify.annotations.NullMarked;
