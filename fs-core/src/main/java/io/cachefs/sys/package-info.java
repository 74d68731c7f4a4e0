/**
 * The only declarations of native functions. Every failing call throws with its errno, read once,
 * right after the call; nobody above handles numbers.
 *
 * <p>May use base and jnr-ffi. {@link io.cachefs.sys.FileCalls} is an interface so that a test can
 * make any call fail; {@link io.cachefs.sys.LinuxFileCalls} is the real one.
 */
@NullMarked
package io.cachefs.sys;

import org.jspecify.annotations.NullMarked;
