package io.cachefs.cli.command;

import io.cachefs.cli.control.ControlServer;
import io.cachefs.cli.control.MountStatus;
import io.cachefs.cli.daemon.ProcessFigures;
import io.cachefs.cli.json.RecordJson;
import io.cachefs.cli.option.MountFlags;
import io.cachefs.cli.option.ProgramVersion;
import io.cachefs.engine.CacheFs;
import io.cachefs.engine.CacheStatus;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.fuse.TransportStatus;
import io.cachefs.fuse.select.TransportSelector.Selection;
import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.time.Instant;

/** One of the mounts that a process serves, with the socket for questions about it. */
final class ServedMount {
  private final ServedMounts all;
  private final Path mountPoint;
  private final MountOptions options;
  private final Selection selection;
  private final Vfs vfs;
  private final MountedFileSystem mount;
  private final Instant startedAt = Instant.now();

  private ServedMount(
      ServedMounts all,
      Path mountPoint,
      MountOptions options,
      Selection selection,
      Vfs vfs,
      MountedFileSystem mount) {
    this.all = all;
    this.mountPoint = mountPoint;
    this.options = options;
    this.selection = selection;
    this.vfs = vfs;
    this.mount = mount;
  }

  /** Mounts; when this returns the mount answers. */
  static ServedMount make(
      ServedMounts all, Path mountPoint, MountOptions options, Selection selection, Vfs vfs)
      throws MountException {
    MountedFileSystem mount = selection.transport().mount(vfs, mountPoint, options);
    return new ServedMount(all, mountPoint, options, selection, vfs, mount);
  }

  Path mountPoint() {
    return mountPoint;
  }

  /** Opens the socket for questions. */
  ControlServer control() {
    Path socket = all.runtime().socketFor(mountPoint, ProcessHandle.current().pid());
    return ControlServer.start(socket, new CacheRequests(this, all));
  }

  /** Waits until it is unmounted, whoever did that. */
  void awaitEnd() throws InterruptedException {
    mount.awaitUnmount();
  }

  /** Unmounts, lazily if it is in use, and returns when nothing is served any more. */
  void end() {
    mount.close();
  }

  /** Closes what its users had open; the mount is no more. */
  void release() {
    mount.close();
    all.fileSystem().endVfs(vfs);
  }

  MountStatus status() {
    CacheFs fileSystem = all.fileSystem();
    CacheStatus cache = fileSystem.status().cache();
    TransportStatus transport = mount.status();
    ProcessFigures figures = ProcessFigures.read();
    return new MountStatus(
        all.config().source().toString(),
        mountPoint.toString(),
        ProcessHandle.current().pid(),
        ProgramVersion.text(),
        startedAt,
        transport.transport(),
        selection.reason(),
        transport.protocol(),
        transport.passthrough(),
        MountFlags.describe(options),
        transport.threads(),
        figures.descriptors(),
        figures.descriptorLimit(),
        figures.residentBytes(),
        transport.failures(),
        transport.lostNotices(),
        transport.operations(),
        cache == null ? null : RecordJson.of(cache));
  }
}
