/**
 * What users write after a command: groups of flags, {@code -o} options, and the forms of
 * durations, sizes and modes.
 *
 * <p>May use picocli, outcome, fuse and engine.config. No I/O.
 */
@NullMarked
package io.cachefs.cli.option;

import org.jspecify.annotations.NullMarked;
