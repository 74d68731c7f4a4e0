/**
 * The program: joins the commands, the handler of failures and the exit code.
 *
 * <p>May use command and outcome; no child imports it.
 */
@NullMarked
package io.cachefs.cli;

import org.jspecify.annotations.NullMarked;
