/**
 * Work on a running cache by its paths: filling it ahead of need, pinning, evicting, invalidating,
 * explaining and checking; and on changes that are not at the source yet.
 *
 * <p>May use base, source, store, cache and writeback. A path is relative to the source, with
 * slashes between names; the empty path is the source itself.
 */
@NullMarked
package io.cachefs.engine.admin;

import org.jspecify.annotations.NullMarked;
