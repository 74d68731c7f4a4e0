package io.cachefs.cache.files;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.source.Source;
import io.cachefs.source.SourceCapabilities;
import io.cachefs.source.SourceDirectory;
import io.cachefs.source.SourceFile;
import io.cachefs.source.SourceNode;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.sys.LinuxFileCalls;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A real directory that answers each request late, as over a network, and counts them. */
final class SlowSource {
  /** Answered late; the rest is answered by a kernel from what it got before. */
  private static final Set<String> LATE = Set.of("find", "open", "openDirectory", "list", "read");

  private final PosixSource real;
  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final Map<SourceNode, AtomicInteger> opens = new ConcurrentHashMap<>();
  private volatile long delayNanos;
  private volatile boolean failing;

  SlowSource(Path root, long delayNanos) throws FsException {
    this.real = PosixSource.open(new LinuxFileCalls(), root, 64);
    this.delayNanos = delayNanos;
  }

  Source source() {
    return proxy(Source.class, real);
  }

  void setDelay(long nanos) {
    delayNanos = nanos;
  }

  /** Makes reads fail, or not. */
  void setFailing(boolean fails) {
    failing = fails;
  }

  /** Returns how many calls of this name were made. */
  int count(String name) {
    AtomicInteger count = counts.get(name);
    return count == null ? 0 : count.get();
  }

  /** Returns how often the file was opened that was opened most often. */
  int mostOpens() {
    return opens.values().stream().mapToInt(AtomicInteger::get).max().orElse(0);
  }

  private <T> T proxy(Class<T> type, T target) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> called(target, method, arguments)));
  }

  private @Nullable Object called(
      Object target, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    String name = method.getName();
    if (name.equals("capabilities")) {
      return capabilities();
    }
    counts.computeIfAbsent(name, key -> new AtomicInteger()).incrementAndGet();
    if (name.equals("open") && arguments != null && arguments[0] instanceof SourceNode node) {
      opens.computeIfAbsent(node, key -> new AtomicInteger()).incrementAndGet();
    }
    if (LATE.contains(name) && delayNanos > 0) {
      LockSupport.parkNanos(delayNanos);
    }
    if (failing && name.equals("read")) {
      throw new FsException(Errno.EIO, "made to fail");
    }
    Object result;
    try {
      result = method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
    if (result instanceof Source.Opened opened) {
      return new Source.Opened(proxy(SourceFile.class, opened.file()), opened.attributes());
    }
    return result instanceof SourceDirectory directory
        ? proxy(SourceDirectory.class, directory)
        : result;
  }

  private SourceCapabilities capabilities() {
    SourceCapabilities local = real.capabilities();
    return new SourceCapabilities(
        local.stableInodes(),
        local.findsByHandle(),
        local.hardLinks(),
        local.xattrs(),
        local.partialWrites(),
        /* changeFeed= */ false,
        /* reportsErrorsAtClose= */ true,
        /* mayHang= */ true,
        local.timePrecision());
  }
}
