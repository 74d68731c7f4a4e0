package io.cachefs.fuse.kernel.dispatch;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.fuse.kernel.wire.Bodies;
import io.cachefs.fuse.kernel.wire.Request;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;

/** Operations on names in a directory. Thread-safe. */
final class NameOperations {
  private final Vfs vfs;
  private final ReplyAttributes attributes;

  NameOperations(Vfs vfs, ReplyAttributes attributes) {
    this.vfs = vfs;
    this.attributes = attributes;
  }

  void lookup(Exchange x) throws FsException {
    Request in = x.request();
    Name name = in.name(0);
    Entry entry;
    try {
      entry = vfs.lookup(in.node(), name);
    } catch (FsException failure) {
      long lifetime =
          failure.errno() == Errno.ENOENT ? attributes.absenceLifetime(x, in.node()) : 0;
      if (lifetime > 0) {
        x.reply().absentEntry(lifetime);
        return;
      }
      throw failure;
    }
    answer(x, entry);
  }

  void symlink(Exchange x) throws FsException {
    Request in = x.request();
    Name name = in.name(0);
    byte[] target = in.text(in.endOfText(0));
    answer(x, vfs.symlink(x.caller(0), in.node(), name, target));
  }

  void mknod(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Mknod body = Bodies.Mknod.of(in);
    Name name = in.name(Bodies.Mknod.SIZE);
    answer(x, vfs.mknod(x.caller(body.umask()), in.node(), name, body.mode(), body.device()));
  }

  void mkdir(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Mkdir body = Bodies.Mkdir.of(in);
    Name name = in.name(Bodies.Mkdir.SIZE);
    answer(x, vfs.mkdir(x.caller(body.umask()), in.node(), name, body.mode()));
  }

  void unlink(Exchange x) throws FsException {
    vfs.unlink(x.request().node(), x.request().name(0));
  }

  void rmdir(Exchange x) throws FsException {
    vfs.rmdir(x.request().node(), x.request().name(0));
  }

  void rename(Exchange x, Bodies.Rename body) throws FsException {
    Request in = x.request();
    Name name = in.name(body.names());
    Name newName = in.name(in.endOfText(body.names()));
    vfs.rename(in.node(), name, body.newParent(), newName, body.flags());
  }

  void link(Exchange x) throws FsException {
    Request in = x.request();
    Bodies.Link body = Bodies.Link.of(in);
    answer(x, vfs.link(body.inode(), in.node(), in.name(Bodies.Link.SIZE)));
  }

  private void answer(Exchange x, Entry entry) {
    x.handsOut(entry.inodeId());
    x.reply()
        .entry(
            entry.inodeId(),
            attributes.shown(entry.attributes()),
            attributes.nameLifetime(x, x.request().node()),
            attributes.lifetime(x, entry.inodeId()));
  }
}
