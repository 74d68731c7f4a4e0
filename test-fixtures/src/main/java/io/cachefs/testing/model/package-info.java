/**
 * What a file system must do, said in plain Java, and random operations to compare a real one with
 * it.
 *
 * <p>Knows nothing of cachefs: what is compared implements {@link
 * io.cachefs.testing.model.FileActions}. Names and contents are byte strings, as in {@link
 * io.cachefs.testing.posix}.
 */
@NullMarked
package io.cachefs.testing.model;

import org.jspecify.annotations.NullMarked;
