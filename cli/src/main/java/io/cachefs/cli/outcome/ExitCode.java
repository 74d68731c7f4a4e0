package io.cachefs.cli.outcome;

/** What the exit code of a command says. */
public enum ExitCode {
  DONE(0, "done"),
  FAILED(1, "failed"),
  USAGE(2, "wrong use: unknown flag, missing argument, bad value"),
  SOURCE_UNUSABLE(3, "the source is missing, not a directory or not readable"),
  MOUNT_POINT_UNUSABLE(4, "the mount point is missing, not a directory, not empty or overlaps"),
  NOT_PERMITTED(5, "the system does not permit it"),
  BUSY(6, "the mount is in use"),
  NOT_MOUNTED(7, "no cachefs is mounted there"),
  NOT_ANSWERING(8, "the process that serves the mount has died or hangs"),
  ALREADY_MOUNTED(9, "a cachefs is mounted there already"),
  CACHE_UNUSABLE(10, "the cache directory cannot be used: other source, newer format, no space"),
  CACHE_LOCKED(11, "another process uses the cache directory"),
  SOME_FAILED(12, "done for some of the paths, not for all"),
  DAMAGE_FOUND(13, "fsck found something"),
  NOT_SENT(14, "not all changes are at the source"),
  NOT_WRITE_BACK(15, "the mount does not write back");

  private final int number;
  private final String meaning;

  ExitCode(int number, String meaning) {
    this.number = number;
    this.meaning = meaning;
  }

  /** Returns the number the shell sees. */
  public int number() {
    return number;
  }

  /** Returns the meaning in a few words. */
  public String meaning() {
    return meaning;
  }
}
