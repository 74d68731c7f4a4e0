/** Help for the tests of every module; nothing here knows what cachefs does. */
@NullMarked
package io.cachefs.testing;

import org.jspecify.annotations.NullMarked;
