/**
 * Life of the serving process: going to the background, telling that it is ready, its log, its end
 * by a signal.
 *
 * <p>May use sys and outcome.
 */
@NullMarked
package io.cachefs.cli.daemon;

import org.jspecify.annotations.NullMarked;
