package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.StatFs;
import io.cachefs.base.Timestamp;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.DirectorySink;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A file system of one file that notes what it is asked, and fails when told to. */
final class RecordingVfs {
  static final Attributes ATTRIBUTES =
      new Attributes(
          7,
          77,
          0100644,
          1,
          1,
          2,
          0,
          3,
          8,
          4096,
          Timestamp.ZERO,
          Timestamp.ZERO,
          Timestamp.ZERO,
          null);

  /** Calls as text, for example {@code unlink(1, a)}. */
  final List<String> calls = new ArrayList<>();

  /** References given to the caller and not given back, by inode. */
  final Map<Long, Long> references = new HashMap<>();

  /** Handles that are open. */
  final List<Long> handles = new ArrayList<>();

  /** What every operation but the closing ones fails with. */
  @Nullable Throwable failure;

  boolean listsUnopened;
  long attributesLifetime = Long.MAX_VALUE;
  long nameLifetime = Long.MAX_VALUE;
  long absenceLifetime = Long.MAX_VALUE;

  /** Runs in the middle of each operation. */
  Runnable meanwhile = () -> {};

  private long nextHandle = 100;

  Vfs vfs() {
    return (Vfs)
        Proxy.newProxyInstance(
            Vfs.class.getClassLoader(),
            new Class<?>[] {Vfs.class},
            (proxy, method, arguments) -> answer(method.getName(), arguments));
  }

  private @Nullable Object answer(String method, Object[] arguments) throws Throwable {
    switch (method) {
      case "forget" -> {
        long left = references.merge((Long) arguments[0], -(Long) arguments[1], Long::sum);
        if (left == 0) {
          references.remove((Long) arguments[0]);
        }
        return null;
      }
      case "release", "releaseDirectory" -> {
        note(method, arguments);
        if (!handles.remove((Long) arguments[0])) {
          throw new IllegalStateException("not open");
        }
        return null;
      }
      case "passthrough", "tell" -> {
        return null;
      }
      case "listsUnopened" -> {
        return listsUnopened;
      }
      case "attributesLifetime" -> {
        return attributesLifetime;
      }
      case "nameLifetime" -> {
        return nameLifetime;
      }
      case "absenceLifetime" -> {
        return absenceLifetime;
      }
      default -> note(method, arguments);
    }
    meanwhile.run();
    Throwable toThrow = failure;
    if (toThrow != null) {
      throw toThrow;
    }
    return value(method, arguments);
  }

  private @Nullable Object value(String method, Object[] arguments) throws FsException {
    return switch (method) {
      case "lookup", "symlink", "link", "mknod", "mkdir" -> entry();
      case "attributes", "setAttributes" -> ATTRIBUTES;
      case "readlink" -> "target".getBytes(StandardCharsets.UTF_8);
      case "statfs" -> new StatFs(1, 2, 3, 4, 5, 6, 7, 8, 9);
      case "xattr" -> new byte[] {1, 2, 3};
      case "listXattrs" -> List.of(new byte[] {'a'}, new byte[] {'b', 'c'});
      case "open", "openDirectory" -> openFile();
      case "create", "createUnnamed" -> new CreatedFile(entry(), openFile());
      case "read" -> {
        ((ByteBuffer) arguments[2]).put(new byte[] {'x', 'y'});
        yield 2;
      }
      case "write" -> ((ByteBuffer) arguments[2]).remaining();
      case "seek", "copyRange" -> 5L;
      case "ioctl" -> new byte[] {9};
      case "readDirectory" -> {
        list((Boolean) arguments[2], (DirectorySink) arguments[3]);
        yield null;
      }
      default -> null;
    };
  }

  private void list(boolean withAttributes, DirectorySink sink) throws FsException {
    byte[] name = {'.', '.', '.'};
    for (int length = 1; length <= 3; length++) {
      Entry entry = withAttributes && length == 3 ? entry() : null;
      if (!sink.accept(name, length, 77, 8, length, entry)) {
        if (entry != null) {
          references.remove(entry.inodeId());
        }
        return;
      }
    }
  }

  private Entry entry() {
    references.merge(9L, 1L, Long::sum);
    return new Entry(9, ATTRIBUTES);
  }

  private OpenFile openFile() {
    long handle = nextHandle++;
    handles.add(handle);
    return new OpenFile(handle, true);
  }

  private void note(String method, Object @Nullable [] arguments) {
    List<String> texts = new ArrayList<>();
    for (Object argument : arguments == null ? new Object[0] : arguments) {
      texts.add(text(argument));
    }
    calls.add(method + "(" + String.join(", ", texts) + ")");
  }

  private static String text(Object argument) {
    if (argument instanceof byte[] bytes) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
    if (argument instanceof ByteBuffer buffer) {
      return buffer.remaining() + " bytes";
    }
    return argument instanceof DirectorySink ? "sink" : String.valueOf(argument);
  }
}
