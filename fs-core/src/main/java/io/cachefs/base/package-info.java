/** Placeholder. */
@NullMarked
package io.cachefs.base;

import org.jspecify.annotations.NullMarked;
