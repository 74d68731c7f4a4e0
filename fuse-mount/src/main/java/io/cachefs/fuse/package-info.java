/** Placeholder. */
@NullMarked
package io.cachefs.fuse;

import org.jspecify.annotations.NullMarked;
