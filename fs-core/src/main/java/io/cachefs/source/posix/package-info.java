/**
 * A directory of this machine as a source, through system calls relative to directory descriptors.
 * No path is ever joined to the root's, so nothing breaks at PATH_MAX and no symbolic link leads
 * out.
 *
 * <p>May use source, sys and base. Invariants: a descriptor is closed once, by whoever gives it
 * back last; what a node was found to be is checked by device, inode number and birth time each
 * time it is found again; at most as many descriptors are kept as the limit says, besides those of
 * open files.
 */
@NullMarked
package io.cachefs.source.posix;

import org.jspecify.annotations.NullMarked;
