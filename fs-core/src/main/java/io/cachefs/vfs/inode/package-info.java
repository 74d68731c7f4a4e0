/**
 * Which inode number stands for which file of the source, and how often each was handed out.
 *
 * <p>May use base and source. Invariant: a file has at most one number at a time, and a number
 * stands for one file for ever.
 */
@NullMarked
package io.cachefs.vfs.inode;

import org.jspecify.annotations.NullMarked;
