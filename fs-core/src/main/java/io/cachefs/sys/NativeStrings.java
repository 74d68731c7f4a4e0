package io.cachefs.sys;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A {@code char *[]} with a null pointer at its end, as {@code execve(2)} wants it. */
final class NativeStrings {
  private final NativeBuffer memory;

  NativeStrings(List<String> strings) {
    List<byte[]> texts = new ArrayList<>();
    int size = (strings.size() + 1) * Long.BYTES;
    for (String string : strings) {
      byte[] text = (string + "\0").getBytes(StandardCharsets.UTF_8);
      texts.add(text);
      size += text.length;
    }
    memory = new NativeBuffer(size);
    int at = (strings.size() + 1) * Long.BYTES;
    for (int i = 0; i < texts.size(); i++) {
      memory.buffer().putLong(i * Long.BYTES, memory.address() + at);
      memory.buffer().put(at, texts.get(i));
      at += texts.get(i).length;
    }
  }

  /** Returns this process's environment with one variable more. */
  static NativeStrings environmentWith(String name, String value) {
    List<String> entries = new ArrayList<>();
    for (Map.Entry<String, String> variable : System.getenv().entrySet()) {
      if (!variable.getKey().equals(name)) {
        entries.add(variable.getKey() + "=" + variable.getValue());
      }
    }
    entries.add(name + "=" + value);
    return new NativeStrings(entries);
  }

  /** Returns the address of the first pointer, valid while this object is reachable. */
  long address() {
    return memory.address();
  }
}
