/**
 * The directory of a cache: what lies in it, whom it belongs to, and that one process uses it.
 * {@code docs/on-disk-format.md} describes the files.
 *
 * <p>Invariant: nothing in a directory is changed before it is known to be a cache of the right
 * source in a format that is understood, and its lock is held.
 *
 * <p>May use the JDK only.
 */
@NullMarked
package io.cachefs.store.directory;

import org.jspecify.annotations.NullMarked;
