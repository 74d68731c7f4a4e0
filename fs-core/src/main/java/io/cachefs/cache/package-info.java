/**
 * What is kept of a source and how long: the packages below. Empty itself, so that none of them
 * depends on another by way of it.
 *
 * <p>May use base.
 */
@NullMarked
package io.cachefs.cache;

import org.jspecify.annotations.NullMarked;
