/**
 * The content of files: which blocks of which version are kept, where they are read from, and how
 * missing ones are brought in.
 *
 * <p>May use base, store and the packages below. It does not know the source, only an {@link
 * io.cachefs.cache.data.Origin} for each read. Between calls: what the index says is present was
 * written to the blob before, and was confirmed to be of the version its content belongs to.
 */
@NullMarked
package io.cachefs.cache.data;

import org.jspecify.annotations.NullMarked;
