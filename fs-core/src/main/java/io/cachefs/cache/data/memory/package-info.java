/**
 * The memory tier: copies of blocks that are read often, off the heap and within a hard bound.
 *
 * <p>May use the JDK only. Between calls: the bytes found under a key are those put under it last.
 */
@NullMarked
package io.cachefs.cache.data.memory;

import org.jspecify.annotations.NullMarked;
