/**
 * A contract suite for file systems: what Linux promises about files and directories, checked with
 * raw system calls under a directory that is given as a path and nothing else.
 */
@NullMarked
package io.cachefs.testing.posix;

import org.jspecify.annotations.NullMarked;
