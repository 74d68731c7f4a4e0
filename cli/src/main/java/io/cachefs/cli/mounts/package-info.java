/**
 * The mount table, who uses a mount, and how a mount is taken away, without ever asking a file
 * system that may not answer.
 *
 * <p>May use sys, base and outcome.
 */
@NullMarked
package io.cachefs.cli.mounts;

import org.jspecify.annotations.NullMarked;
