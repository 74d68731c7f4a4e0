/**
 * Who uses a mount, and how a mount is taken away, without ever asking a file system that may not
 * answer.
 *
 * <p>May use sys, base, outcome and the mount table of fuse.
 */
@NullMarked
package io.cachefs.cli.mounts;

import org.jspecify.annotations.NullMarked;
