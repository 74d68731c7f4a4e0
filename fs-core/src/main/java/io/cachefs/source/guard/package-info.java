/**
 * Keeps a source that may hang from holding up whoever asks it: each call has a deadline, and while
 * the source does not answer at all, calls fail at once or wait until it does again.
 *
 * <p>May use source and base. Invariants: a caller waits no longer than the deadline, unless it was
 * chosen to wait for a source that is down; what a call that was given up still brings is undone
 * where that is possible; nothing of such a call touches the caller's memory; threads are bounded.
 * Changes of the source's state are logged here, once each, because nobody above sees them all.
 */
@NullMarked
package io.cachefs.source.guard;

import org.jspecify.annotations.NullMarked;
