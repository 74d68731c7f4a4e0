/**
 * What brings bytes in: the threads that fetch beside the askers, and the buffers all fetch into.
 *
 * <p>May use the JDK only. Between calls: threads, queued work and buffers stay within their
 * bounds.
 */
@NullMarked
package io.cachefs.cache.data.fetch;

import org.jspecify.annotations.NullMarked;
