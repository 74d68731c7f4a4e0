/** Child processes in tests, and what the machine must have for a test to make sense. */
@NullMarked
package io.cachefs.testing.process;

import org.jspecify.annotations.NullMarked;
