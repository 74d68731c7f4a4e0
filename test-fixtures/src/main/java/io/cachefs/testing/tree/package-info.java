/** Compares directory trees: what a mount shows with what the source below it has. */
@NullMarked
package io.cachefs.testing.tree;

import org.jspecify.annotations.NullMarked;
