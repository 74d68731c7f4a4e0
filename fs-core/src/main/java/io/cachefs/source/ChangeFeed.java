package io.cachefs.source;

import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import java.io.Closeable;
import org.jspecify.annotations.Nullable;

/**
 * Reports what happens in directories of a source, whoever does it. Thread-safe. A report can come
 * for something that did not change anything, and comes for changes made through the source too.
 *
 * <p>What cannot be seen from a directory is not reported: a change of a file through its name in
 * another directory (hard links) or through a handle without a name, writes to mapped memory before
 * the file is closed, and of a directory in it the attributes that change with its names, unless
 * that one is watched too.
 */
public interface ChangeFeed extends Closeable {
  /**
   * Begins to watch a directory: what happens to it and to what is in it after this returns is
   * reported.
   *
   * @return false if it cannot be watched, or no more directories can; time has to do then
   */
  boolean watch(SourceNode directory) throws FsException;

  /** Ends watching a directory. */
  void unwatch(FileId directory);

  /** Returns whether everything that happened until now in a watched directory is reported. */
  boolean isComplete();

  /** Returns how many directories are watched. */
  int watched();

  /** Returns how many could not be watched because there were too many. */
  long refused();

  @Override
  void close();

  /** Receives reports, from one thread, which it may hold up for a moment only. */
  interface Listener {
    /**
     * Something happened to the file that has, or had, {@code name} in {@code directory}, or to the
     * directory itself if {@code name} is null. With a name that came or went the attributes of the
     * directory changed too. Told once for what happened many times in a short while.
     */
    void touched(FileId directory, @Nullable Name name, Kind kind);

    /** Reports were lost: anything may have happened in any directory. */
    void lost();

    /**
     * A directory is no longer watched, because it is gone, was asked for longest ago of too many,
     * or the source ended the watch. What happened to it lately may not have been reported.
     */
    void ended(FileId directory);
  }

  /** What may have happened. */
  enum Kind {
    /** The content of a file. */
    CONTENT,
    /** Owner, mode, times, links, extended attributes. */
    ATTRIBUTES,
    /** The name came, went or is another file's. */
    NAME
  }
}
