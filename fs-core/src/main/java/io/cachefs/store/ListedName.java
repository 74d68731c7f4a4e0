package io.cachefs.store;

import io.cachefs.base.FileKey;
import io.cachefs.base.Name;

/** One entry of a directory; {@code inode} is the number users see. */
public record ListedName(Name name, FileKey child, long inode, int type) {}
