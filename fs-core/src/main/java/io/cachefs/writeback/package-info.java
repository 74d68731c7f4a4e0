/**
 * Joins what makes write-back: changes are kept in a journal and answered for at once, and sent to
 * the source later.
 *
 * <p>May use base, source and all packages below it. Invariant: what was answered for is in the
 * journal until the source has it.
 */
@NullMarked
package io.cachefs.writeback;

import org.jspecify.annotations.NullMarked;
