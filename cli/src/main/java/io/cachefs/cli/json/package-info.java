/**
 * JSON in a few lines: maps, lists, text, numbers, booleans and null, read and written.
 *
 * <p>May use the JDK only. Input comes from another process of the same user and is bounded by its
 * reader.
 */
@NullMarked
package io.cachefs.cli.json;

import org.jspecify.annotations.NullMarked;
