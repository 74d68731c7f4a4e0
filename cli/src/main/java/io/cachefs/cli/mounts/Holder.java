package io.cachefs.cli.mounts;

/**
 * A process that keeps a mount in use.
 *
 * @param pid its number
 * @param program its short name
 * @param way how: cwd, root, exe or fd
 */
public record Holder(long pid, String program, String way) {
  @Override
  public String toString() {
    return program + " (pid " + pid + ", " + way + ")";
  }
}
