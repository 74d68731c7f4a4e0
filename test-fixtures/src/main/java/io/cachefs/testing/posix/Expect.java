package io.cachefs.testing.posix;

import java.util.Arrays;
import java.util.List;

/** What the cases are written with. */
final class Expect {
  /** Two users that no file belongs to unless a case says so. */
  static final int ALICE = 60001;

  static final int BOB = 60002;

  /** A group that is no user's first one. */
  static final int TEAM = 60100;

  private Expect() {}

  /** The call must fail with this error. */
  static void expect(Errno expected, Work call) {
    expectOneOf(List.of(expected), call);
  }

  /** The call must fail with one of these errors. */
  static void expectOneOf(List<Errno> expected, Work call) {
    try {
      call.run();
    } catch (PosixException e) {
      if (!expected.contains(e.errno())) {
        throw new AssertionError("expected " + expected + " but got " + e.getMessage(), e);
      }
      return;
    } catch (Exception e) {
      throw new AssertionError("expected " + expected + " but got " + e, e);
    }
    throw new AssertionError("expected " + expected + " but the call succeeded");
  }

  /** Runs as a user whose only group has the user's number. */
  static void as(int user, Work body) {
    Posix.asUser(user, user, new int[0], body);
  }

  /** Runs as a user who is in more groups. */
  static void as(int user, int group, int supplementary, Work body) {
    Posix.asUser(user, group, new int[] {supplementary}, body);
  }

  /** Waits until a new timestamp is different from one taken before. */
  static void tick() throws InterruptedException {
    Thread.sleep(12);
  }

  /** Text of a length in which every block is different. */
  static String pattern(int length) {
    StringBuilder out = new StringBuilder(length + 16);
    for (int i = 0; out.length() < length; i++) {
      out.append("block-").append(i).append(';');
    }
    return out.substring(0, length);
  }

  /** Zero bytes. */
  static String zeros(int length) {
    char[] zeros = new char[length];
    Arrays.fill(zeros, '\0');
    return new String(zeros);
  }
}
