/**
 * The configuration file: a part of TOML, read into entries that know their line.
 *
 * <p>May use the JDK only.
 */
@NullMarked
package io.cachefs.cli.config;

import org.jspecify.annotations.NullMarked;
