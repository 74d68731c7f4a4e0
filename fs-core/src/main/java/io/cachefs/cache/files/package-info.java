/**
 * A source that remembers another: the files, names, listings and content of it that were asked for
 * before are answered without asking again, for as long as the settings say.
 *
 * <p>May use base, source, store, cache.metadata, cache.data and engine.config. Invariants: what
 * the source said is noted in memory and handed to the index in the same step, and never replaces
 * what was learned later; content belongs to the version that the attributes of its file name.
 */
@NullMarked
package io.cachefs.cache.files;

import org.jspecify.annotations.NullMarked;
