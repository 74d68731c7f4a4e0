package io.cachefs.testing.model;

import io.cachefs.testing.posix.Flags;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/** A file, directory or symbolic link of the model. */
final class ModelNode {
  final int type;
  final SortedMap<String, String> xattrs = new TreeMap<>();

  /** Of a directory. */
  final SortedMap<String, ModelNode> entries = new TreeMap<>();

  int perm;
  int uid;
  int gid;
  int names;

  /** Made without a name and never given one: it may still get one. */
  boolean unnamed;

  /** Of a file or a symbolic link. */
  private byte[] content = {};

  ModelNode(int type, int perm, int uid, int gid) {
    this.type = type;
    this.perm = perm;
    this.uid = uid;
    this.gid = gid;
  }

  boolean isDirectory() {
    return type == Flags.S_IFDIR;
  }

  boolean isSymlink() {
    return type == Flags.S_IFLNK;
  }

  boolean isFile() {
    return type == Flags.S_IFREG;
  }

  int size() {
    return content.length;
  }

  void resize(long size) {
    content = Arrays.copyOf(content, Math.toIntExact(size));
  }

  String read(long offset, int count) {
    int start = (int) Math.min(offset, content.length);
    int end = (int) Math.min(offset + count, content.length);
    return Bytes.text(Arrays.copyOfRange(content, start, end));
  }

  void write(long offset, String data) {
    byte[] bytes = Bytes.of(data);
    if (bytes.length > 0) {
      resize(Math.max(content.length, offset + bytes.length));
      System.arraycopy(bytes, 0, content, (int) offset, bytes.length);
    }
  }

  void clear(long offset, long length) {
    int start = (int) Math.min(offset, content.length);
    int end = (int) Math.min(offset + length, content.length);
    Arrays.fill(content, start, end, (byte) 0);
  }
}
