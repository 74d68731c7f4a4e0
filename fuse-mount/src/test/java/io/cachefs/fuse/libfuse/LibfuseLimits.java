package io.cachefs.fuse.libfuse;

import java.util.Set;

/** The rules of the POSIX suite that this transport cannot keep; reasons in docs/transports.md. */
final class LibfuseLimits {
  static final Set<String> EXPECTED_FAILURES = Set.of();

  private LibfuseLimits() {}
}
