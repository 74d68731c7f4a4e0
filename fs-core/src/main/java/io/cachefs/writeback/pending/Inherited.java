package io.cachefs.writeback.pending;

import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Mode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a new file has from its directory and its maker, as Linux decides it.
 *
 * @param mode with the type
 */
record Inherited(int mode, int uid, int gid, List<Xattr> xattrs) {
  /**
   * @param mode what was asked for, with the type
   * @param defaults the default access control list of the directory, or null
   */
  static Inherited of(Attributes directory, byte @Nullable [] defaults, Caller caller, int mode)
      throws FsException {
    boolean inherits = (directory.mode() & Mode.SET_GID) != 0;
    int gid = inherits ? directory.gid() : caller.gid();
    boolean isDirectory = Mode.isDirectory(mode);
    int result = mode;
    List<Xattr> xattrs = new ArrayList<>(0);
    if (Mode.isSymlink(mode)) {
      result = Mode.SYMLINK | 0777;
    } else if (defaults == null) {
      result &= ~(caller.umask() & 0777);
    } else {
      Acl.Result acl = Acl.inherit(defaults, mode);
      result = acl.mode();
      byte[] list = acl.list();
      if (list != null) {
        xattrs.add(new Xattr(Acl.ACCESS, list));
      }
      if (isDirectory) {
        xattrs.add(new Xattr(Acl.DEFAULT, defaults));
      }
    }
    int both = Mode.SET_GID | Mode.GROUP_EXECUTE;
    if (inherits && isDirectory) {
      result |= Mode.SET_GID;
    } else if (inherits && (result & both) == both && caller.uid() != 0 && caller.gid() != gid) {
      result &= ~Mode.SET_GID;
    }
    return new Inherited(result, caller.uid(), gid, List.copyOf(xattrs));
  }
}
