/** Running code on several threads at once. */
@NullMarked
package io.cachefs.testing.concurrent;

import org.jspecify.annotations.NullMarked;
