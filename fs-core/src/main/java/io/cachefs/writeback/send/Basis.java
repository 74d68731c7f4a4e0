package io.cachefs.writeback.send;

import io.cachefs.base.Version;
import io.cachefs.source.FileId;
import org.jspecify.annotations.Nullable;

/**
 * What the source had when a change was made here.
 *
 * @param version null where only the identity counts
 */
public record Basis(FileId file, @Nullable Version version) {}
