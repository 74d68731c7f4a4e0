/**
 * What a user may choose, checked once, with the defaults in one place.
 *
 * <p>May use base.
 */
@NullMarked
package io.cachefs.engine.config;

import org.jspecify.annotations.NullMarked;
