package io.cachefs.testing.posix;

import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** The one native function everything here goes through: {@code syscall(2)}. */
final class LibC {
  static {
    // The stubs that jnr-ffi assembles for x86-64 pass garbage as the sixth integer argument, which
    // mmap and copy_file_range have. Read when the first class of jnr-ffi is initialised.
    System.setProperty("jnr.ffi.x86asm.enabled", "false");
    String arch = System.getProperty("os.arch", "");
    if (!arch.equals("amd64")) {
      throw new ExceptionInInitializerError("system call numbers are those of x86-64, not " + arch);
    }
  }

  private static final Calls CALLS = LibraryLoader.create(Calls.class).load("c");
  private static final Runtime RUNTIME = Runtime.getRuntime(CALLS);

  private LibC() {}

  /** What jnr-ffi binds. Public for the class it generates. */
  public interface Calls {
    /** The C library's {@code syscall}. */
    long syscall(long number, long a, long b, long c, long d, long e, long f);
  }

  /**
   * Calls the kernel on the current thread.
   *
   * @param args numbers, {@link Pointer}s, or Strings, which are byte strings (one byte a
   *     character) and are passed with a terminating zero
   */
  static long call(Sys sys, Object... args) {
    long[] raw = new long[6];
    Object[] kept = args.clone();
    for (int i = 0; i < args.length; i++) {
      if (args[i] instanceof String text) {
        kept[i] = cString(text);
      }
      raw[i] = kept[i] instanceof Pointer p ? p.address() : ((Number) kept[i]).longValue();
    }
    try {
      long result = CALLS.syscall(sys.number(), raw[0], raw[1], raw[2], raw[3], raw[4], raw[5]);
      if (result == -1) {
        throw new PosixException(RUNTIME.getLastError(), describe(sys, args));
      }
      return result;
    } finally {
      Reference.reachabilityFence(kept);
    }
  }

  static Pointer memory(int size) {
    return Memory.allocateDirect(RUNTIME, Math.max(size, 1), true);
  }

  static Pointer memory(byte[] content) {
    Pointer memory = Memory.allocateDirect(RUNTIME, Math.max(content.length, 1));
    memory.put(0, content, 0, content.length);
    return memory;
  }

  static Pointer at(long address, long size) {
    return Pointer.wrap(RUNTIME, address, size);
  }

  static byte[] bytes(Pointer memory, long count) {
    byte[] result = new byte[Math.toIntExact(count)];
    memory.get(0, result, 0, result.length);
    return result;
  }

  /** The bytes of a byte string. */
  static byte[] bytes(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0xff) {
        throw new IllegalArgumentException("not a byte string, see Posix.utf8: " + text);
      }
    }
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static Pointer cString(String text) {
    byte[] bytes = bytes(text);
    return memory(Arrays.copyOf(bytes, bytes.length + 1));
  }

  private static String describe(Sys sys, Object[] args) {
    StringBuilder out = new StringBuilder(sys.name().toLowerCase(Locale.ROOT)).append('(');
    for (int i = 0; i < args.length; i++) {
      String arg = args[i] instanceof Pointer ? "*" : String.valueOf(args[i]);
      out.append(i == 0 ? "" : ", ");
      out.append(arg.length() > 120 ? "…" + arg.substring(arg.length() - 120) : arg);
    }
    return out.append(')').toString();
  }
}
