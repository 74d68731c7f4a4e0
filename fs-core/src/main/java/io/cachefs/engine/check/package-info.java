/**
 * Looks through a cache, finds what is not as it should be, and drops it: it is a copy, and will be
 * fetched again. Works on a directory that nobody uses and on a running cache alike.
 *
 * <p>May use base, sys, store and cache. Invariant: what a finding says was seen twice, the second
 * time after the index was asked for what is queued, so that work under way is not taken for
 * damage.
 */
@NullMarked
package io.cachefs.engine.check;

import org.jspecify.annotations.NullMarked;
