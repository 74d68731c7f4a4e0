/**
 * Words that every layer shares: names, attributes, callers, errors and the numbers Linux gives
 * them.
 *
 * <p>May use the JDK only. Everything here is immutable.
 */
@NullMarked
package io.cachefs.base;

import org.jspecify.annotations.NullMarked;
