/** Times of single operations inside the process, measured with JMH; run by bench/jmh.sh. */
@NullMarked
package io.cachefs.benchmarks;

import org.jspecify.annotations.NullMarked;
