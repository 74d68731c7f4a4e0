package io.cachefs.source;

import io.cachefs.base.Attributes;

/** A file that was found or made, and what was true of it then. */
public record Found(SourceNode node, Attributes attributes) {}
