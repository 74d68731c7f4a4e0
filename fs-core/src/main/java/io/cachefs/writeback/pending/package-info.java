/**
 * What was changed here and is not at the source yet: nodes, names, attributes, content, and the
 * operations that will bring it there.
 *
 * <p>May use base, source, and the packages beside it except the one that joins them. Invariants:
 * every change is a record in the log before it is applied, and applying the records again in their
 * order gives the same state; no lock is held while the source below is asked or the log committed.
 */
@NullMarked
package io.cachefs.writeback.pending;

import org.jspecify.annotations.NullMarked;
