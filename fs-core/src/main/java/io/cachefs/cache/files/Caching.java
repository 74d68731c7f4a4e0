package io.cachefs.cache.files;

import io.cachefs.base.Attributes;
import io.cachefs.cache.metadata.Glob;
import java.util.List;

/**
 * Which files' content is kept.
 *
 * @param include if there are any, only what fits one
 * @param exclude nothing that fits one
 * @param maxFileBytes nothing larger
 */
public record Caching(List<Glob> include, List<Glob> exclude, long maxFileBytes) {
  /** Everything. */
  public static final Caching ALL = new Caching(List.of(), List.of(), Long.MAX_VALUE);

  public Caching {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  boolean isCached(CachedNode node, Attributes attributes) {
    return whyNot(node, attributes).isEmpty();
  }

  /** Returns why a file is not cached, in one sentence; empty if it is. */
  String whyNot(CachedNode node, Attributes attributes) {
    if (!attributes.isRegular()) {
      return "only the content of regular files is cached";
    }
    if (attributes.size() > maxFileBytes) {
      return "it has "
          + attributes.size()
          + " bytes, and files of more than "
          + maxFileBytes
          + " are not cached";
    }
    if (include.isEmpty() && exclude.isEmpty()) {
      return "";
    }
    String path = node.path();
    if (exclude.stream().anyMatch(glob -> glob.fits(path))) {
      return "its path is excluded";
    }
    boolean included = include.isEmpty() || include.stream().anyMatch(glob -> glob.fits(path));
    return included ? "" : "its path is not among those included";
  }
}
