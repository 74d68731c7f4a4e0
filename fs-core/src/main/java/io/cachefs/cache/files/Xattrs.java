package io.cachefs.cache.files;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Timestamp;
import io.cachefs.base.XattrNames;
import io.cachefs.source.SourceDownException;
import io.cachefs.store.XattrRecord;
import io.cachefs.store.XattrRecord.Xattr;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers extended attributes, also that there are none: right as long as the change time of the
 * file is the same, and that is old enough to tell.
 *
 * <p>What was never asked and cannot be asked now is not said to be absent: the kernel would grant
 * what an access list refuses. Programs such as {@code ls -l}, which ask of every file, and the
 * kernel, when it runs a program, go on without an attribute that is not supported, so this is said
 * of what they ask for. A program that names an attribute of its own is told EIO.
 */
final class Xattrs {
  /** Larger values are asked for each time; there are few of them. */
  private static final int LARGEST_KEPT = 4096;

  /** More of one file are not kept. */
  private static final int MOST_KEPT = 64;

  private final Shared shared;
  private final AttributeCache attributes;
  private final NameCache names;

  Xattrs(Shared shared, AttributeCache attributes, NameCache names) {
    this.shared = shared;
    this.attributes = attributes;
    this.names = names;
  }

  byte[] value(CachedNode node, byte[] name) throws FsException {
    Known now = attributes.current(node, names);
    XattrRecord record = record(node, now);
    Xattr known = record == null ? null : find(record, name);
    // File systems leave some others out of their lists.
    boolean listedWithout =
        known == null && record != null && record.complete() && XattrNames.isOfUser(name);
    if ((known != null && known.absent()) || listedWithout) {
      throw new FsException(Errno.ENODATA);
    }
    byte[] value = known == null ? null : known.value();
    return value == null ? ask(node, now, name) : value.clone();
  }

  private byte[] ask(CachedNode node, Known now, byte[] name) throws FsException {
    long question = shared.questions().next();
    try {
      byte[] value = shared.source().xattr(node.inner(shared.source()), name);
      if (value.length <= LARGEST_KEPT) {
        note(node, now, question, List.of(new Xattr(name.clone(), value.clone(), false)), false);
      }
      return value;
    } catch (SourceDownException e) {
      throw XattrNames.isOfSystem(name) ? unknown(e) : e;
    } catch (FsException e) {
      if (e.errno() == Errno.ENODATA) {
        note(node, now, question, List.of(new Xattr(name.clone(), null, true)), false);
      }
      throw e;
    }
  }

  /** Returns the names, each with a NUL after it. */
  byte[] list(CachedNode node) throws FsException {
    Known now = attributes.current(node, names);
    XattrRecord record = record(node, now);
    if (record != null && record.complete()) {
      return joined(record);
    }
    long question = shared.questions().next();
    byte[] list = ask(node);
    List<Xattr> listed = split(list);
    if (listed.size() <= MOST_KEPT) {
      note(node, now, question, listed, true);
    }
    return list;
  }

  private byte[] ask(CachedNode node) throws FsException {
    try {
      return shared.source().listXattrs(node.inner(shared.source()));
    } catch (SourceDownException e) {
      throw unknown(e);
    }
  }

  private static FsException unknown(SourceDownException down) {
    return new FsException(Errno.EOPNOTSUPP, "not known, and the source is down", down);
  }

  private static byte[] joined(XattrRecord record) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (Xattr xattr : record.xattrs()) {
      if (!xattr.absent()) {
        joined.writeBytes(xattr.name());
        joined.write(0);
      }
    }
    return joined.toByteArray();
  }

  private static List<Xattr> split(byte[] list) {
    List<Xattr> names = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < list.length; i++) {
      if (list[i] == 0) {
        names.add(new Xattr(Arrays.copyOfRange(list, start, i), null, false));
        start = i + 1;
      }
    }
    return names;
  }

  private @Nullable XattrRecord record(CachedNode node, Known now) {
    Timestamp changed = now.attributes().changed();
    XattrRecord record = node.xattrs;
    if (record == null) {
      long question = shared.questions().next();
      record = shared.index().xattrs(node.key());
      synchronized (node.order) {
        if (record != null && node.order.accepts(question)) {
          node.xattrs = record;
        }
      }
    }
    return record != null && record.changed().equals(changed) ? record : null;
  }

  private static @Nullable Xattr find(XattrRecord record, byte[] name) {
    for (Xattr xattr : record.xattrs()) {
      if (Arrays.equals(xattr.name(), name)) {
        return xattr;
      }
    }
    return null;
  }

  private void note(
      CachedNode node, Known now, long question, List<Xattr> answers, boolean complete) {
    if (!now.settled()) {
      return;
    }
    synchronized (node.order) {
      if (!node.order.accepts(question)) {
        return;
      }
      XattrRecord before = record(node, now);
      List<Xattr> merged = new ArrayList<>(answers);
      if (before != null) {
        for (Xattr old : before.xattrs()) {
          mergeOld(merged, old);
        }
      }
      if (merged.size() > MOST_KEPT) {
        merged = answers;
      }
      boolean whole = complete || (before != null && before.complete() && merged != answers);
      XattrRecord record = new XattrRecord(now.attributes().changed(), whole, merged);
      node.xattrs = record;
      shared.index().putXattrs(node.key(), record);
    }
  }

  /** Keeps an older answer; a value known before goes with a name just listed. */
  private static void mergeOld(List<Xattr> merged, Xattr old) {
    for (int i = 0; i < merged.size(); i++) {
      Xattr answer = merged.get(i);
      if (Arrays.equals(answer.name(), old.name())) {
        if (answer.value() == null && !answer.absent() && !old.absent()) {
          merged.set(i, old);
        }
        return;
      }
    }
    if (old.absent() || old.value() != null) {
      merged.add(old);
    }
  }

  /** Forgets all of a file: one was changed through here. */
  void forget(CachedNode node) {
    synchronized (node.order) {
      if (node.xattrs != null || node.persistedAtMillis != 0) {
        node.xattrs = new XattrRecord(Timestamp.ZERO, false, List.of());
        shared.index().putXattrs(node.key(), node.xattrs);
      }
    }
  }
}
