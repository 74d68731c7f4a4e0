/**
 * What every transport shares: the options of a mount, the mounted file system, and the one place
 * where a failure becomes a number for the kernel.
 *
 * <p>May use vfs, base and metrics of fs-core; imports none of its children.
 */
@NullMarked
package io.cachefs.fuse;

import org.jspecify.annotations.NullMarked;
