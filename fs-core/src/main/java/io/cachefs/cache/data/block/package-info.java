/**
 * Which blocks of one content are there, and what is known of each.
 *
 * <p>May use base and store. Between calls: a block that is confirmed is present, and one that is
 * present was written to the blob.
 */
@NullMarked
package io.cachefs.cache.data.block;

import org.jspecify.annotations.NullMarked;
