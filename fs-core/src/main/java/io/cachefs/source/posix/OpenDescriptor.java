package io.cachefs.source.posix;

import io.cachefs.base.Attributes;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.sys.Descriptor;
import io.cachefs.sys.FileCalls;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What an open file and an open directory have in common: a counted descriptor through which the
 * node is reached while it is open. An operation that is still running at the close, because its
 * caller was interrupted, finishes on the right file. Thread-safe.
 */
final class OpenDescriptor {
  private final FileCalls calls;
  private final PosixSource source;
  private final Descriptor descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile PosixNode node;

  /** Whether the source was found anew since, so that this leads nowhere. */
  private volatile boolean lost;

  /** Takes over the descriptor. */
  OpenDescriptor(FileCalls calls, PosixSource source, PosixNode node, int descriptor) {
    this.calls = calls;
    this.source = source;
    this.node = node;
    this.descriptor = new Descriptor(calls, descriptor);
    node.attach(this.descriptor);
    source.opener().opened(this);
  }

  /** A call on the descriptor that returns something. */
  interface Call<T> {
    T on(int descriptor) throws FsException;
  }

  /** Returns the number, good until {@link #release}; fails with EBADF after the close. */
  int use() throws FsException {
    if (closed.get() || !descriptor.tryUse()) {
      throw new FsException(Errno.EBADF, "already closed");
    }
    return descriptor.number();
  }

  void release() {
    descriptor.release();
  }

  <T> T with(Call<T> call) throws FsException {
    int number = use();
    try {
      return call.on(number);
    } finally {
      release();
    }
  }

  Attributes attributes() throws FsException {
    return with(number -> source.visible(source.opener().attributes(number)));
  }

  /** As {@link #attributes}, but the time of the last access may be an older one. */
  Attributes attributesButAccess() throws FsException {
    return with(number -> source.visible(calls.attributesButAccess(number)));
  }

  void sync(boolean dataOnly) throws FsException {
    int number = use();
    try {
      calls.sync(number, dataOnly);
    } finally {
      release();
    }
  }

  byte[] ioctl(int command, byte[] input, int outputSize) throws FsException {
    return with(number -> Ioctls.call(calls, number, command, input, outputSize));
  }

  /** Moves to the node by which the file is known already. */
  void belongTo(PosixNode known) {
    PosixNode found = node;
    if (known != found) {
      node = known;
      known.attach(descriptor);
      found.detach(descriptor);
      if (lost) {
        known.detach(descriptor);
      }
    }
  }

  /** The source was found anew: the file is not reached through this any more. */
  void lose() {
    lost = true;
    node.detach(descriptor);
  }

  /** Returns the number for the kernel's own use, or -1 after the close. */
  int number() {
    return closed.get() ? -1 : descriptor.number();
  }

  void close() {
    if (closed.compareAndSet(false, true)) {
      node.detach(descriptor);
      source.opener().closed(this);
      descriptor.release();
    }
  }
}
