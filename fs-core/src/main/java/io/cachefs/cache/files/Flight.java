package io.cachefs.cache.files;

import io.cachefs.base.FsException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** One question to the source, the answer to which several wait for. Thread-safe. */
final class Flight<T> {
  private final CompletableFuture<T> answer = new CompletableFuture<>();

  void landed(T result) {
    answer.complete(result);
  }

  /** Ends it without an answer if it has none: those who wait get the failure. */
  void failed(Throwable failure) {
    answer.completeExceptionally(failure);
  }

  T await() throws FsException {
    try {
      return answer.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof FsException failure) {
        throw failure;
      }
      throw e;
    }
  }
}
