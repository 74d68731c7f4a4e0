/**
 * Picks a transport by name, or by what the machine offers, and says why.
 *
 * <p>May use fuse, fuse.kernel and fuse.libfuse; the only package that names either of them.
 */
@NullMarked
package io.cachefs.fuse.select;

import org.jspecify.annotations.NullMarked;
