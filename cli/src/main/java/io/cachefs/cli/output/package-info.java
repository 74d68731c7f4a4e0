/**
 * A result as text for people or JSON for programs; the only package that prints results.
 *
 * <p>May use json, control, mounts and diagnosis for their records.
 */
@NullMarked
package io.cachefs.cli.output;

import org.jspecify.annotations.NullMarked;
