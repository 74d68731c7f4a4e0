/** Placeholder. */
@NullMarked
package io.cachefs.testing;

import org.jspecify.annotations.NullMarked;
