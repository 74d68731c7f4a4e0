/**
 * From a configuration to a running file system and back: the one place that knows which
 * implementations are joined.
 *
 * <p>May use all of fs-core.
 */
@NullMarked
package io.cachefs.engine;

import org.jspecify.annotations.NullMarked;
