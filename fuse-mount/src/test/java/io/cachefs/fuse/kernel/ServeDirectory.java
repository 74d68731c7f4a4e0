package io.cachefs.fuse.kernel;

import io.cachefs.engine.CacheFs;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.MountedFileSystem;
import io.cachefs.metrics.OperationMetrics;
import io.cachefs.sys.MountCalls;
import io.cachefs.vfs.Vfs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A process that mounts a directory until it is unmounted, then says what it was asked. */
public final class ServeDirectory {
  private ServeDirectory() {}

  /**
   * Arguments: source, mount point, "passthrough" or "cached", seconds of the timeouts; also
   * "xattrs", and "unopened" for a file system whose directories the kernel need not open.
   */
  public static void main(String[] args) throws Exception {
    Duration timeout = Duration.ofSeconds(Long.parseLong(args[3]));
    boolean root = MountCalls.effectiveUser() == 0;
    MountOptions defaults = MountOptions.defaults("cachefs", root);
    MountOptions options =
        new MountOptions(
            defaults.fsName(),
            false,
            defaults.allowOther(),
            true,
            root,
            root,
            true,
            null,
            null,
            null,
            0,
            timeout,
            timeout,
            timeout,
            List.of(args).contains("xattrs"),
            args[2].equals("passthrough"),
            false,
            64);
    try (CacheFs engine =
            CacheFs.open(CacheFsConfig.of(Path.of(args[0])).withListingLifetime(timeout));
        MountedFileSystem mount =
            new KernelTransport(System::nanoTime)
                .mount(vfs(engine, List.of(args)), Path.of(args[1]), options)) {
      Runtime.getRuntime().addShutdownHook(new Thread(mount::close));
      System.out.println("MOUNTED");
      mount.awaitUnmount();
      for (OperationMetrics.Row row : mount.status().operations()) {
        System.out.printf(
            "%-20s %8d calls %6d failed %8.2f us%n",
            row.operation(), row.calls(), row.failures(), row.totalNanos() / 1000.0 / row.calls());
      }
      System.out.println(
          mount.status().threads() + " threads, passthrough " + mount.status().passthrough());
      System.out.println("FAULTS " + mount.status().failures());
    }
  }

  private static Vfs vfs(CacheFs engine, List<String> words) {
    return words.contains("unopened") ? new IndexedVfs(engine.vfs()).vfs() : engine.vfs();
  }
}
