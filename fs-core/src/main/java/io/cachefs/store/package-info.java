/**
 * The seam to what is kept on the local disk: an index of small records, and blobs, which are
 * sparse files with the content of cached files. It keeps bytes and finds them again, whole or not
 * at all; whether they are still right is not its business.
 *
 * <p>May use base. Implementations are in the packages below, and only the engine names them.
 */
@NullMarked
package io.cachefs.store;

import org.jspecify.annotations.NullMarked;
