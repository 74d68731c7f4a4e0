/**
 * The channel between a running mount and the other commands: one line of JSON each way over a Unix
 * socket in a directory that only its owner may enter.
 *
 * <p>May use json, outcome, fuse and metrics. A client never waits longer than its timeout, so a
 * server that hangs is reported and not waited for.
 */
@NullMarked
package io.cachefs.cli.control;

import org.jspecify.annotations.NullMarked;
