package io.cachefs.cli.diagnosis;

import static io.cachefs.cli.diagnosis.Finding.fail;
import static io.cachefs.cli.diagnosis.Finding.ok;
import static io.cachefs.cli.diagnosis.Finding.warn;

import io.cachefs.cli.mounts.FuseMachine;
import io.cachefs.cli.mounts.Privileges;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Looks at the machine, check by check. The root of the file tree is given, so that tests have one.
 */
public final class Examination {
  private static final int MOST_BYTES = 1 << 16;
  private static final long FEW_DESCRIPTORS = 4096;
  private static final long FEW_WATCHES = 65_536;
  private static final long LITTLE_MEMORY_KIB = 256 << 10;
  private static final List<String> LIBRARY_PLACES =
      List.of(
          "usr/lib",
          "usr/lib64",
          "lib",
          "lib64",
          "usr/local/lib",
          "usr/lib/x86_64-linux-gnu",
          "usr/lib/aarch64-linux-gnu");

  private final Path root;
  private final Privileges privileges;
  private final Optional<Path> fusermount;

  public Examination(Path root, Privileges privileges, Optional<Path> fusermount) {
    this.root = root;
    this.privileges = privileges;
    this.fusermount = fusermount;
  }

  /** Returns one finding for each check. */
  public List<Finding> findings() {
    return List.of(
        device(),
        kernel(),
        ioUring(),
        user(),
        passthrough(),
        fileHandles(),
        fusermount(),
        otherUsers(),
        libfuse(),
        descriptors(),
        watches(),
        memory(),
        java());
  }

  private Finding device() {
    String name = FuseMachine.DEVICE.toString();
    Path device = root.resolve("dev/fuse");
    if (!Files.exists(device)) {
      return fail(
          name, "missing", "load the module: modprobe fuse; in a container: give it --device");
    }
    if (!Files.isReadable(device) || !Files.isWritable(device)) {
      return fail(name, "not open to this user", "mount as root, or chmod 666 " + name);
    }
    return ok(name, "present and open to this user");
  }

  private Finding kernel() {
    String release = read("proc/sys/kernel/osrelease");
    if (read("proc/filesystems").lines().noneMatch(line -> line.strip().endsWith("fuse"))) {
      return fail("kernel", release + ", without FUSE", "load the module: modprobe fuse");
    }
    return ok("kernel", release + ", with FUSE");
  }

  private Finding ioUring() {
    String enabled = read("sys/module/fuse/parameters/enable_uring");
    return ok("FUSE over io_uring", enabled.isEmpty() ? "not known to this kernel" : enabled);
  }

  private Finding user() {
    if (privileges.maySysAdmin()) {
      return ok("user", "uid " + privileges.uid() + " with CAP_SYS_ADMIN, mounts by itself");
    }
    return fusermount.isPresent()
        ? ok("user", "uid " + privileges.uid() + ", mounts through fusermount3")
        : fail(
            "user",
            "uid " + privileges.uid() + " without CAP_SYS_ADMIN",
            "install the package fuse3, or mount as root");
  }

  private Finding passthrough() {
    if (!kernelIsAtLeast(6, 9)) {
      return warn("passthrough", "needs kernel 6.9", "files are read through the process instead");
    }
    return privileges.maySysAdmin()
        ? ok("passthrough", "possible")
        : warn("passthrough", "needs CAP_SYS_ADMIN", "mount as root to have it");
  }

  private Finding fileHandles() {
    return privileges.mayReadAnyDirectory()
        ? ok("file handles", "CAP_DAC_READ_SEARCH is there")
        : warn(
            "file handles",
            "needs CAP_DAC_READ_SEARCH",
            "files are found again by their names; mount as root to have it");
  }

  private Finding fusermount() {
    if (fusermount.isEmpty()) {
      return warn("fusermount3", "not installed", "users other than root need the package fuse3");
    }
    Path program = fusermount.get();
    try {
      int mode = (Integer) Files.getAttribute(program, "unix:mode");
      return (mode & 04000) != 0
          ? ok("fusermount3", program + ", set-uid")
          : warn("fusermount3", program + " is not set-uid", "only root can mount: chmod u+s it");
    } catch (IOException e) {
      return warn("fusermount3", program + ": " + e, "install the package fuse3 again");
    }
  }

  private Finding otherUsers() {
    boolean allowed =
        read("etc/fuse.conf").lines().anyMatch(line -> line.strip().equals("user_allow_other"));
    return allowed || privileges.isRoot()
        ? ok("allow_other", allowed ? "every user may use it" : "root may use it")
        : warn(
            "allow_other",
            "this user may not use it",
            "add the line user_allow_other to " + FuseMachine.CONFIGURATION);
  }

  private Finding libfuse() {
    boolean found =
        LIBRARY_PLACES.stream()
            .anyMatch(place -> Files.exists(root.resolve(place).resolve("libfuse.so.2")));
    return found
        ? ok("libfuse.so.2", "present")
        : warn(
            "libfuse.so.2",
            "missing",
            "needed for --transport=jnr-fuse only: install the package libfuse2");
  }

  private Finding descriptors() {
    String line =
        read("proc/self/limits")
            .lines()
            .filter(text -> text.startsWith("Max open files"))
            .findFirst()
            .orElse("");
    List<String> words = Arrays.asList(line.split("\\s+", -1));
    String hard = words.size() > 4 ? words.get(4) : "unknown";
    long limit = hard.matches("\\d+") ? Long.parseLong(hard) : Long.MAX_VALUE;
    return limit >= FEW_DESCRIPTORS
        ? ok("descriptors", hard)
        : warn("descriptors", hard, "raise it: ulimit -n " + FEW_DESCRIPTORS + " or more");
  }

  private Finding watches() {
    String watches = read("proc/sys/fs/inotify/max_user_watches");
    boolean few = watches.matches("\\d+") && Long.parseLong(watches) < FEW_WATCHES;
    return few
        ? warn("inotify watches", watches, "raise it: sysctl fs.inotify.max_user_watches=524288")
        : ok("inotify watches", watches.isEmpty() ? "unknown" : watches);
  }

  private Finding memory() {
    String line =
        read("proc/meminfo")
            .lines()
            .filter(text -> text.startsWith("MemAvailable:"))
            .findFirst()
            .orElse("");
    String digits = line.replaceAll("\\D", "");
    long kib = digits.isEmpty() ? Long.MAX_VALUE : Long.parseLong(digits);
    String found = digits.isEmpty() ? "unknown" : (kib >> 10) + " MiB available";
    return kib >= LITTLE_MEMORY_KIB
        ? ok("memory", found)
        : warn("memory", found, "a mount takes 100 to 200 MiB");
  }

  private static Finding java() {
    return ok(
        "Java",
        Runtime.version()
            + " in "
            + System.getProperty("java.home", "?")
            + (Runtime.version().feature() < 17 ? ", too old" : ""));
  }

  private boolean kernelIsAtLeast(int major, int minor) {
    List<String> parts = Arrays.asList(read("proc/sys/kernel/osrelease").split("[.-]", -1));
    if (parts.size() < 2 || !parts.get(0).matches("\\d+") || !parts.get(1).matches("\\d+")) {
      return false;
    }
    int has = Integer.parseInt(parts.get(0));
    return has > major || (has == major && Integer.parseInt(parts.get(1)) >= minor);
  }

  private String read(String path) {
    // A file of /proc/sys gives its text to the first read alone, so that must be a large one.
    try (InputStream in = Files.newInputStream(root.resolve(path))) {
      return new String(in.readNBytes(MOST_BYTES), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
