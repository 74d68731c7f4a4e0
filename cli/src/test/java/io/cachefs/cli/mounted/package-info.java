/**
 * Tests of a real mount: the daemon is another process, started through the command users type, and
 * this process uses the mount as any program would.
 */
@NullMarked
package io.cachefs.cli.mounted;

import org.jspecify.annotations.NullMarked;
