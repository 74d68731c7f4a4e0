package io.cachefs.sys;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes {@link FileCalls} that do something before, after or instead of a call. */
public final class ChangedFileCalls {
  private ChangedFileCalls() {}

  /** What to do with a call. */
  public interface Change {
    /** Answers for the call; {@link Call#proceed} makes it. */
    @Nullable Object on(Call call) throws FsException;
  }

  /** One call, not made yet. */
  public record Call(FileCalls calls, Method method, List<@Nullable Object> arguments) {
    /** Returns the name of the method. */
    public String name() {
      return method.getName();
    }

    /** Returns an argument. */
    public Object argument(int index) {
      return Objects.requireNonNull(arguments.get(index));
    }

    /** Makes the call. */
    public @Nullable Object proceed() throws FsException {
      try {
        return method.invoke(calls, arguments.toArray());
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof FsException failure) {
          throw failure;
        }
        throw new IllegalStateException(e.getCause());
      } catch (IllegalAccessException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Returns calls of which each goes through {@code change}. */
  public static FileCalls of(FileCalls calls, Change change) {
    return (FileCalls)
        Proxy.newProxyInstance(
            FileCalls.class.getClassLoader(),
            new Class<?>[] {FileCalls.class},
            (proxy, method, arguments) -> change.on(new Call(calls, method, listOf(arguments))));
  }

  private static List<@Nullable Object> listOf(@Nullable Object @Nullable [] arguments) {
    return arguments == null ? List.of() : Arrays.asList(arguments);
  }

  /** As on a file system without file handles: every file is found by its names. */
  public static FileCalls withoutHandles(FileCalls calls, Errno errno) {
    return of(
        calls,
        call -> {
          if (call.name().equals("handleOf") || call.name().equals("openByHandle")) {
            throw new FsException(errno, call.name());
          }
          return call.proceed();
        });
  }

  /** Each read and write transfers at most so many bytes. */
  public static FileCalls shortTransfers(FileCalls calls, int most) {
    return of(
        calls,
        call -> {
          if (!call.name().equals("read") && !call.name().equals("write")) {
            return call.proceed();
          }
          ByteBuffer buffer = (ByteBuffer) call.argument(2);
          int limit = buffer.limit();
          buffer.limit(Math.min(limit, buffer.position() + most));
          try {
            return call.proceed();
          } finally {
            buffer.limit(limit);
          }
        });
  }
}
