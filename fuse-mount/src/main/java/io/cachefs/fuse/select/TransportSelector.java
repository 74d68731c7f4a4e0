package io.cachefs.fuse.select;

import io.cachefs.fuse.FuseTransport;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.kernel.KernelTransport;
import io.cachefs.fuse.libfuse.JnrFuseTransport;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Knows the transports by name. */
public final class TransportSelector {
  /** The name that leaves the choice to the machine. */
  public static final String AUTO = "auto";

  private static final String KERNEL = "kernel";
  private static final String JNR_FUSE = "jnr-fuse";

  private TransportSelector() {}

  /**
   * A transport and why it was chosen.
   *
   * @param transport ready to mount
   * @param reason a few words for people
   */
  public record Selection(FuseTransport transport, String reason) {}

  /** Returns the names a user may give. */
  public static List<String> names() {
    return List.of(AUTO, KERNEL, JNR_FUSE);
  }

  /**
   * Returns the transport of this name.
   *
   * @param nanoTime a clock like {@link System#nanoTime}, by which requests are measured
   */
  public static Selection select(String name, LongSupplier nanoTime) throws MountException {
    if (name.equals(AUTO)) {
      return automatic(System.getProperty("os.name", ""), nanoTime);
    }
    return new Selection(create(name, nanoTime), "chosen by --transport");
  }

  private static Selection automatic(String system, LongSupplier nanoTime) throws MountException {
    if (system.toLowerCase(Locale.ROOT).contains("linux")) {
      return new Selection(create(KERNEL, nanoTime), "the best one on Linux");
    }
    return new Selection(create(JNR_FUSE, nanoTime), "the portable one, for " + system);
  }

  private static FuseTransport create(String name, LongSupplier nanoTime) throws MountException {
    return switch (name) {
      case KERNEL -> new KernelTransport(nanoTime);
      case JNR_FUSE -> new JnrFuseTransport(nanoTime);
      default ->
          throw new MountException(
              "there is no transport '" + name + "'; choose one of " + String.join(", ", names()));
    };
  }
}
