/**
 * Work on a running cache by its paths: filling it ahead of need, pinning, evicting, invalidating,
 * explaining and checking.
 *
 * <p>May use base, source, store and cache. A path is relative to the source, with slashes between
 * names; the empty path is the source itself.
 */
@NullMarked
package io.cachefs.engine.admin;

import org.jspecify.annotations.NullMarked;
