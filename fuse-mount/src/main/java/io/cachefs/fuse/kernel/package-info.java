/**
 * The transport that speaks the FUSE kernel protocol itself; joins wire, dispatch and device.
 *
 * <p>May use its children, fuse and vfs. No child imports it.
 */
@NullMarked
package io.cachefs.fuse.kernel;

import org.jspecify.annotations.NullMarked;
