/**
 * Sends to the source what was changed here: takes an operation when it may be sent, compares what
 * the source has with what the change was based on, makes the change, and says what came of it.
 *
 * <p>May use base, source and writeback.queue. Invariants: no lock is held while the source is
 * asked; an operation that may have reached the source in an earlier life can be sent again.
 */
@NullMarked
package io.cachefs.writeback.send;

import org.jspecify.annotations.NullMarked;
