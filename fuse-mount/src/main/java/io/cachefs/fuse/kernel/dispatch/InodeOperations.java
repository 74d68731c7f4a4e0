package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.AttributeChange.TimeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import io.cachefs.base.Timestamp;
import io.cachefs.fuse.kernel.wire.Bodies;
import io.cachefs.fuse.kernel.wire.Bodies.SetAttr;
import io.cachefs.fuse.kernel.wire.Request;
import io.cachefs.vfs.Vfs;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/** Operations on an inode: attributes, extended attributes, link targets, space. Thread-safe. */
final class InodeOperations {
  private final Vfs vfs;
  private final ReplyAttributes attributes;
  private final boolean xattrs;

  InodeOperations(Vfs vfs, ReplyAttributes attributes, boolean xattrs) {
    this.vfs = vfs;
    this.attributes = attributes;
    this.xattrs = xattrs;
  }

  void getAttributes(Exchange x) throws FsException {
    Bodies.GetAttr body = Bodies.GetAttr.of(x.request());
    long handle = body.hasHandle() ? body.handle() : Vfs.NO_HANDLE;
    answer(x, vfs.attributes(x.request().node(), handle));
  }

  void statx(Exchange x) throws FsException {
    Bodies.Statx body = Bodies.Statx.of(x.request());
    long handle = body.hasHandle() ? body.handle() : Vfs.NO_HANDLE;
    Attributes found = vfs.attributes(x.request().node(), handle);
    long lifetime = attributes.lifetime(x, x.request().node());
    x.reply().statx(attributes.shown(found), lifetime);
  }

  void setAttributes(Exchange x) throws FsException {
    SetAttr body = SetAttr.of(x.request());
    if (body.changesNothing()) {
      answer(x, vfs.killPrivileges(x.caller(0), x.request().node()));
      return;
    }
    long handle = body.has(SetAttr.HANDLE) ? body.handle() : Vfs.NO_HANDLE;
    answer(x, vfs.setAttributes(x.request().node(), handle, change(body)));
  }

  private static AttributeChange change(SetAttr body) {
    return new AttributeChange(
        body.has(SetAttr.MODE) ? (Integer) (body.mode() & Mode.PERMISSIONS) : null,
        body.has(SetAttr.UID) ? (Integer) body.uid() : null,
        body.has(SetAttr.GID) ? (Integer) body.gid() : null,
        body.has(SetAttr.SIZE) ? (Long) body.size() : null,
        time(
            body.has(SetAttr.ACCESSED),
            body.has(SetAttr.ACCESSED_NOW),
            body.accessedSeconds(),
            body.accessedNanos()),
        time(
            body.has(SetAttr.MODIFIED),
            body.has(SetAttr.MODIFIED_NOW),
            body.modifiedSeconds(),
            body.modifiedNanos()),
        body.has(SetAttr.KILL_PRIVILEGES));
  }

  private static @Nullable TimeChange time(boolean given, boolean now, long seconds, int nanos) {
    if (now) {
      return new TimeChange.Now();
    }
    return given ? new TimeChange.At(new Timestamp(seconds, nanos)) : null;
  }

  private void answer(Exchange x, Attributes found) {
    long lifetime = attributes.lifetime(x, x.request().node());
    x.reply().attributes(attributes.shown(found), lifetime);
  }

  void readlink(Exchange x) throws FsException {
    x.reply().bytes(vfs.readlink(x.request().node()));
  }

  void access(Exchange x) throws FsException {
    Bodies.Access body = Bodies.Access.of(x.request());
    vfs.access(x.caller(0), x.request().node(), body.mask());
  }

  void statfs(Exchange x) throws FsException {
    x.reply().statfs(vfs.statfs(x.request().node()));
  }

  // --- Extended attributes. ENOSYS makes the kernel stop asking for the rest of the mount. ---

  void setXattr(Exchange x, boolean extended) throws FsException {
    requireXattrs();
    Request in = x.request();
    Bodies.SetXattr body = Bodies.SetXattr.of(in, extended);
    byte[] name = in.text(body.name());
    byte[] value = in.bytes(in.endOfText(body.name()), body.size());
    vfs.setXattr(in.node(), name, value, body.flags());
  }

  void getXattr(Exchange x) throws FsException {
    requireXattrs();
    Bodies.GetXattr body = Bodies.GetXattr.of(x.request());
    byte[] name = x.request().text(Bodies.GetXattr.SIZE);
    sizeOrBytes(x, body.size(), vfs.xattr(x.request().node(), name));
  }

  void listXattrs(Exchange x) throws FsException {
    requireXattrs();
    Bodies.GetXattr body = Bodies.GetXattr.of(x.request());
    ByteArrayOutputStream list = new ByteArrayOutputStream();
    for (byte[] name : vfs.listXattrs(x.caller(0), x.request().node())) {
      list.writeBytes(name);
      list.write(0);
    }
    sizeOrBytes(x, body.size(), list.toByteArray());
  }

  private static void sizeOrBytes(Exchange x, int askedSize, byte[] answer) throws FsException {
    if (askedSize == 0) {
      x.reply().xattrSize(answer.length);
    } else if (Integer.compareUnsigned(answer.length, askedSize) > 0
        || answer.length > x.reply().room()) {
      throw new FsException(Errno.ERANGE);
    } else {
      x.reply().bytes(answer);
    }
  }

  void removeXattr(Exchange x) throws FsException {
    requireXattrs();
    vfs.removeXattr(x.request().node(), x.request().text(0));
  }

  private void requireXattrs() throws FsException {
    if (!xattrs) {
      throw new FsException(Errno.ENOSYS);
    }
  }
}
