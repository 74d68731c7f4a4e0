/**
 * What is known of files, names and directories, and how long it may be used: the parts that need
 * no source to be asked.
 *
 * <p>May use base, source, store and engine.config.
 */
@NullMarked
package io.cachefs.cache.metadata;

import org.jspecify.annotations.NullMarked;
