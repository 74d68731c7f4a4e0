package io.cachefs.source.posix;

import io.cachefs.source.FileId;
import io.cachefs.source.Pin;
import io.cachefs.source.SourceNode;
import io.cachefs.sys.Descriptor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A descriptor that keeps a file without a name alive. */
final class PosixPin implements Pin {
  private final FileId id;
  private final Descriptor descriptor;
  private final AtomicInteger openPins;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable PosixNode attached;

  /** Takes over the descriptor's first use, and one of {@code openPins}. */
  PosixPin(FileId id, Descriptor descriptor, AtomicInteger openPins) {
    this.openPins = openPins;
    this.id = id;
    this.descriptor = descriptor;
  }

  @Override
  public FileId id() {
    return id;
  }

  @Override
  public void attach(SourceNode node) {
    PosixNode posix = (PosixNode) node;
    attached = posix;
    posix.attach(descriptor);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      PosixNode node = attached;
      if (node != null) {
        node.detach(descriptor);
      }
      descriptor.release();
      openPins.decrementAndGet();
    }
  }
}
