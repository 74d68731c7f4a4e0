/**
 * The file system by inode, as the kernel sees it: what an operation means.
 *
 * <p>Words of the kernel used here: an <em>inode</em> is a file-system object known by number; a
 * <em>lookup</em> hands such a number out and counts a reference, a <em>forget</em> gives
 * references back; a <em>handle</em> is one open file or directory, from open to <em>release</em>;
 * a <em>flush</em> happens at each close of a descriptor, a release once after the last; a
 * <em>cookie</em> is a position in a directory.
 *
 * <p>May use base, source and vfs.*. Invariant between calls: every inode number handed out and not
 * forgotten can be used; the root is always known.
 */
@NullMarked
package io.cachefs.vfs;

import org.jspecify.annotations.NullMarked;
