package io.cachefs.fuse.kernel;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.vfs.Vfs;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A file system in which one operation waits, as for a source that hangs, until it is released. */
final class StuckVfs {
  private final String operation;
  private final Predicate<Object[]> stuckArguments;
  private final CountDownLatch released = new CountDownLatch(1);
  private final AtomicInteger waiting = new AtomicInteger();
  private final Vfs vfs;

  /** The operation is the name of a method of {@link Vfs}. */
  StuckVfs(Vfs inner, String operation) {
    this(inner, operation, arguments -> true);
  }

  /** As the other, if the operation has such arguments. */
  StuckVfs(Vfs inner, String operation, Predicate<Object[]> stuckArguments) {
    this.operation = operation;
    this.stuckArguments = stuckArguments;
    vfs =
        (Vfs)
            Proxy.newProxyInstance(
                Vfs.class.getClassLoader(),
                new Class<?>[] {Vfs.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals(this.operation)
                      && this.stuckArguments.test(arguments)) {
                    waiting.incrementAndGet();
                    try {
                      boolean unused = released.await(60, TimeUnit.SECONDS);
                    } catch (InterruptedException ending) {
                      throw new FsException(Errno.EINTR);
                    } finally {
                      waiting.decrementAndGet();
                    }
                  }
                  try {
                    return method.invoke(inner, arguments);
                  } catch (InvocationTargetException failure) {
                    throw failure.getCause();
                  }
                });
  }

  Vfs vfs() {
    return vfs;
  }

  int waiting() {
    return waiting.get();
  }

  void release() {
    released.countDown();
  }
}
