/** Randomness in tests that can be repeated: one seed a run, told when a test fails. */
@NullMarked
package io.cachefs.testing.random;

import org.jspecify.annotations.NullMarked;
