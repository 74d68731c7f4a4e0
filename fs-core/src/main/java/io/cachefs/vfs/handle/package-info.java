/**
 * Open files and directories by handle number.
 *
 * <p>May use base, source and vfs.inode.
 */
@NullMarked
package io.cachefs.vfs.handle;

import org.jspecify.annotations.NullMarked;
