package io.cachefs.writeback.pending;

import io.cachefs.base.FsException;

/** Lets changes in, or makes them wait for room. Called without any lock. Thread-safe. */
public interface Admission {
  /** Lets all in at once. */
  Admission ALL =
      new Admission() {
        @Override
        public <T> T change(long bytes, long files, Work<T> work) throws FsException {
          return work.run();
        }

        @Override
        public <T> T free(Work<T> work) throws FsException {
          return work.run();
        }
      };

  /** A change. If it fails because there is no room it can be tried again from the beginning. */
  interface Work<T> {
    T run() throws FsException;
  }

  /** Lets a change of so many bytes, and of so many files that were not changed before, in. */
  <T> T change(long bytes, long files, Work<T> work) throws FsException;

  /** Lets a change in that frees something, or after which something can be freed. */
  <T> T free(Work<T> work) throws FsException;
}
