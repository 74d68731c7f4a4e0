/**
 * The seam to the directory that is mounted: how it is read and changed, and what it can do.
 *
 * <p>May use base. Knows nothing of caching and never retries. Every call may block for as long as
 * the device behind it does.
 */
@NullMarked
package io.cachefs.source;

import org.jspecify.annotations.NullMarked;
