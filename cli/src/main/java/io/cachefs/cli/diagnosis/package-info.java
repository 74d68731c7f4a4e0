/**
 * Looks at the machine and says whether a mount can work and what to change.
 *
 * <p>May use mounts and fuse.select.
 */
@NullMarked
package io.cachefs.cli.diagnosis;

import org.jspecify.annotations.NullMarked;
