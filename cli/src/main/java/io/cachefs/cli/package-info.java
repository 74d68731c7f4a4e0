/** Placeholder. */
@NullMarked
package io.cachefs.cli;

import org.jspecify.annotations.NullMarked;
