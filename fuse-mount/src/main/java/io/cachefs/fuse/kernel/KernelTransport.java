package io.cachefs.fuse.kernel;

import io.cachefs.fuse.FuseTransport;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.fuse.kernel.device.KernelMount;
import io.cachefs.fuse.kernel.dispatch.Rehearsal;
import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Serves mounts over {@code /dev/fuse} directly. Linux 5.4 or later. Thread-safe. */
public final class KernelTransport implements FuseTransport {
  private static final String NAME = "kernel";

  private final LongSupplier nanoTime;

  /** Measures requests with {@code nanoTime}, a clock like {@link System#nanoTime}. */
  public KernelTransport(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public MountedFileSystem mount(Vfs vfs, Path mountPoint, MountOptions options)
      throws MountException {
    return KernelMount.mount(NAME, vfs, mountPoint, options, nanoTime);
  }

  @Override
  public void rehearse(Vfs scratch, MountOptions options, BooleanSupplier enough) {
    new Rehearsal(scratch, options).play(enough);
  }

  @Override
  public void rehearseReading(
      Vfs scratch, MountOptions options, ScratchTree tree, boolean listsFirst) {
    Rehearsal rehearsal = new Rehearsal(scratch, options);
    for (String directory : tree.directories()) {
      rehearsal.read(directory, tree.files(), listsFirst);
    }
  }
}
