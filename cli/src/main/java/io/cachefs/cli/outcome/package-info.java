/**
 * How a command ends: the exit codes and their meanings, the failure a command reports, and the one
 * handler that prints it.
 *
 * <p>May use picocli. A failure is one plain sentence; the stack trace appears with {@code
 * --verbose} alone.
 */
@NullMarked
package io.cachefs.cli.outcome;

import org.jspecify.annotations.NullMarked;
