/**
 * Layouts of the FUSE kernel protocol, version 7.45, over {@link java.nio.ByteBuffer}: what a
 * request says and how a reply is written. No I/O and no file system.
 *
 * <p>May use base. Numbers and layouts come from {@code include/uapi/linux/fuse.h}; all are in the
 * byte order of the machine.
 */
@NullMarked
package io.cachefs.fuse.kernel.wire;

import org.jspecify.annotations.NullMarked;
