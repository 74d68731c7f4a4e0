package io.cachefs.vfs;

/** A file that was made and opened in one step. */
public record CreatedFile(Entry entry, OpenFile file) {}
