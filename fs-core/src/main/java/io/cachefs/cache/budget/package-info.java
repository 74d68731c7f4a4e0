/**
 * How much of the local disk is used, whether more may be, and whether the disk works at all.
 *
 * <p>May use base and store. Between calls: what was reserved and not released never exceeds a
 * bound. Who writes reserves before, and does without the cache if that fails.
 */
@NullMarked
package io.cachefs.cache.budget;

import org.jspecify.annotations.NullMarked;
