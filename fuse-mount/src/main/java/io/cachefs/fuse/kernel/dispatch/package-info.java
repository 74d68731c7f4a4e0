/**
 * From one request to one reply: the table of operations, the life of a request, interrupts, and
 * how each open file is served. Works on byte buffers; knows no device.
 *
 * <p>May use kernel.wire, fuse, vfs, base and metrics. Invariant between calls: a reference or a
 * handle that the kernel was not told of has been given back to the {@link io.cachefs.vfs.Vfs}.
 */
@NullMarked
package io.cachefs.fuse.kernel.dispatch;

import org.jspecify.annotations.NullMarked;
