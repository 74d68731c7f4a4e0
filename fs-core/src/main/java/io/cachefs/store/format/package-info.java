/**
 * The bytes of every key and record of the index, and nothing about where they are kept. Immutable
 * and without I/O. {@code docs/on-disk-format.md} describes the same; a change of either raises
 * {@link io.cachefs.store.format.FormatVersion#INDEX}.
 *
 * <p>May use base and the records of store.
 */
@NullMarked
package io.cachefs.store.format;

import org.jspecify.annotations.NullMarked;
