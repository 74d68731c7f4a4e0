/**
 * The portable transport: libfuse 2 through jnr-fuse. Path calls in, inode calls out, through
 * {@link io.cachefs.fuse.libfuse.PathResolver}.
 *
 * <p>jnr-fuse brings the native library binding and the layouts of its structures. Its own
 * callbacks are not used: they decode paths as text, and names are bytes. Requests are served by
 * Java threads that read the FUSE device through libfuse, so that a call from C back into Java
 * finds an attached thread, the number of threads is ours to bound, and libfuse installs no signal
 * handlers.
 *
 * <p>May use fuse, vfs, base, metrics, jnr-fuse, jnr-ffi and jffi. Invariant between calls: every
 * inode reference is owned by the path cache, an open file, a hidden file or a running call.
 */
@NullMarked
package io.cachefs.fuse.libfuse;

import org.jspecify.annotations.NullMarked;
