/**
 * Counters and histograms as plain objects; a snapshot is a record.
 *
 * <p>May use the JDK only. Counting takes no lock and allocates nothing.
 */
@NullMarked
package io.cachefs.metrics;

import org.jspecify.annotations.NullMarked;
