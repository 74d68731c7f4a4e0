/**
 * Which content leaves when room is needed, and the thread that makes it leave ahead of need.
 *
 * <p>May use base, store and cache.budget. Between calls: pinned content and content in use is
 * never chosen.
 */
@NullMarked
package io.cachefs.cache.eviction;

import org.jspecify.annotations.NullMarked;
