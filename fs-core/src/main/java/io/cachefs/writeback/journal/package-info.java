/**
 * The journal of what was changed here: one sequence of records in segment files, the bytes of
 * files included. What was appended survives the death of the process, what was committed survives
 * a power cut. Only the oldest segment is cleaned, so a record that ends others outlives them.
 *
 * <p>May use base and sys. Invariants: records are written one after the other, each naming the one
 * before; no lock that an append needs is held during a sync; nothing is read that does not fit its
 * checksum. The format is described in {@code docs/on-disk-format.md}.
 */
@NullMarked
package io.cachefs.writeback.journal;

import org.jspecify.annotations.NullMarked;
