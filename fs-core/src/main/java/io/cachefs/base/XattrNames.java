package io.cachefs.base;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Tells names of extended attributes apart by the part before the first dot. */
public final class XattrNames {
  private static final byte[] USER = ascii("user.");
  private static final byte[] SYSTEM = ascii("system.");
  private static final byte[] SECURITY = ascii("security.");

  private XattrNames() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns whether programs keep what they like under this name. */
  public static boolean isOfUser(byte[] name) {
    return begins(name, USER);
  }

  /** Returns whether the kernel gives it a meaning: access lists, labels, capabilities. */
  public static boolean isOfSystem(byte[] name) {
    return begins(name, SYSTEM) || begins(name, SECURITY);
  }

  private static boolean begins(byte[] name, byte[] with) {
    return name.length > with.length && Arrays.equals(name, 0, with.length, with, 0, with.length);
  }
}
