/**
 * The operations that wait to be sent, and which of them may be sent next.
 *
 * <p>May use base only. Invariant: what waits for something was added after it, so nothing waits
 * for ever because of the order alone.
 */
@NullMarked
package io.cachefs.writeback.queue;

import org.jspecify.annotations.NullMarked;
