package io.cachefs.cli.diagnosis;

/**
 * What one check found.
 *
 * @param level how bad it is
 * @param check what was looked at
 * @param found what was seen
 * @param advice what to do, or empty
 */
public record Finding(Level level, String check, String found, String advice) {
  /** How bad a finding is. */
  public enum Level {
    OK("ok"),
    WARN("warn"),
    FAIL("fail");

    private final String word;

    Level(String word) {
      this.word = word;
    }

    /** Returns the level in a word. */
    public String word() {
      return word;
    }
  }

  static Finding ok(String check, String found) {
    return new Finding(Level.OK, check, found, "");
  }

  static Finding warn(String check, String found, String advice) {
    return new Finding(Level.WARN, check, found, advice);
  }

  static Finding fail(String check, String found, String advice) {
    return new Finding(Level.FAIL, check, found, advice);
  }
}
