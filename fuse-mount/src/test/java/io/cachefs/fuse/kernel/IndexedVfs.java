package io.cachefs.fuse.kernel;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.vfs.DirectorySink;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file system that lists a directory as it was when it was listed from the start, with positions
 * that count entries, so that the kernel need not open it.
 */
final class IndexedVfs {
  private static final class Item {
    private final byte[] name;
    private final long inode;
    private final int type;

    private Item(byte[] name, long inode, int type) {
      this.name = name;
      this.inode = inode;
      this.type = type;
    }
  }

  private static final class Open {
    private final long directory;
    private List<Item> items = List.of();

    private Open(long directory) {
      this.directory = directory;
    }
  }

  private final Vfs inner;
  private final Map<Long, Open> open = new ConcurrentHashMap<>();

  IndexedVfs(Vfs inner) {
    this.inner = inner;
  }

  Vfs vfs() {
    return (Vfs)
        Proxy.newProxyInstance(
            Vfs.class.getClassLoader(),
            new Class<?>[] {Vfs.class},
            (proxy, method, arguments) -> {
              try {
                switch (method.getName()) {
                  case "listsUnopened" -> {
                    return true;
                  }
                  case "readDirectory" -> {
                    read(
                        (Long) arguments[0],
                        (Long) arguments[1],
                        (Boolean) arguments[2],
                        (DirectorySink) arguments[3]);
                    return null;
                  }
                  case "releaseDirectory" -> open.remove((Long) arguments[0]);
                  default -> {}
                }
                Object answer = method.invoke(inner, arguments);
                if (method.getName().equals("openDirectory")) {
                  open.put(((OpenFile) answer).handle(), new Open((Long) arguments[0]));
                }
                return answer;
              } catch (InvocationTargetException failure) {
                throw failure.getCause();
              }
            });
  }

  private void read(long handle, long cookie, boolean withAttributes, DirectorySink sink)
      throws FsException {
    Open listed = Objects.requireNonNull(open.get(handle));
    synchronized (listed) {
      if (cookie == 0) {
        List<Item> items = new ArrayList<>();
        inner.readDirectory(
            handle,
            0,
            false,
            (name, length, inode, type, next, entry) ->
                items.add(new Item(Arrays.copyOf(name, length), inode, type)));
        listed.items = items;
      }
      for (int i = (int) cookie; i < listed.items.size(); i++) {
        Item item = listed.items.get(i);
        int length = item.name.length;
        boolean plain = withAttributes && !DirectorySink.isDots(item.name, length);
        Entry entry = null;
        if (plain) {
          try {
            entry = inner.lookup(listed.directory, Name.of(item.name));
          } catch (FsException gone) {
            entry = null;
          }
        }
        if (!sink.accept(item.name, length, item.inode, item.type, i + 1L, entry)) {
          if (entry != null) {
            inner.forget(entry.inodeId(), 1);
          }
          return;
        }
      }
    }
  }
}
