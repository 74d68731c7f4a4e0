/**
 * One class per command. A command parses, calls one method of another package, and hands one
 * result to output.
 *
 * <p>May use every other package of the cli, fuse, fuse.select and engine.
 */
@NullMarked
package io.cachefs.cli.command;

import org.jspecify.annotations.NullMarked;
