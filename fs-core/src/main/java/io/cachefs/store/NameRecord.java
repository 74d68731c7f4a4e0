package io.cachefs.store;

import io.cachefs.base.FileKey;
import org.jspecify.annotations.Nullable;

/**
 * What a name in a directory stands for.
 *
 * @param child the file, or null if the name is known not to exist
 * @param type the file type bits, see {@link io.cachefs.base.Mode}; 0 if there is no file
 * @param checkedAtMillis wall-clock time at which the source said so
 */
public record NameRecord(@Nullable FileKey child, int type, long checkedAtMillis) {}
