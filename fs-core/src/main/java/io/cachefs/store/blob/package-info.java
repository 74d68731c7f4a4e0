/**
 * Blobs as sparse files in 256 directories.
 *
 * <p>May use base, store and sys. Between calls holds: a blob is one regular file {@code XX/<id>},
 * XX a mix of the id; what is under such a name was made by {@code create} and never renamed.
 */
@NullMarked
package io.cachefs.store.blob;

import org.jspecify.annotations.NullMarked;
