package io.cachefs.engine.admin;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.cache.metadata.Glob;
import io.cachefs.source.Found;
import io.cachefs.source.Source;
import io.cachefs.source.SourceDirectory;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Walks what was selected with several threads, and does the same with each file. Run once. */
final class TreeWork {
  private final Source source;
  private final Selection selection;
  private final List<Glob> globs;
  private final Job job;
  private final Visitor visitor;

  @GuardedBy("this")
  private final Deque<Step> waiting = new ArrayDeque<>();

  /** Steps that wait or are being done. */
  @GuardedBy("this")
  private int open;

  TreeWork(Source source, Selection selection, Job job, Visitor visitor) {
    this.source = source;
    this.selection = selection;
    this.globs = selection.globs().stream().map(Glob::new).toList();
    this.job = job;
    this.visitor = visitor;
  }

  /** What is done with each file; may be called by several threads. */
  interface Visitor {
    void visit(Found found, String path) throws FsException;
  }

  /** A name in a directory, or a path from the root if there is no directory. */
  private record Step(@Nullable Found directory, String above, String rest, @Nullable Name name) {
    String path() {
      if (name == null) {
        return rest;
      }
      return above.isEmpty() ? name.toString() : above + "/" + name;
    }
  }

  void run(int threads) {
    List<Step> first = new ArrayList<>();
    for (String path : selection.paths()) {
      first.add(new Step(null, "", path, null));
    }
    if (!globs.isEmpty()) {
      first.add(new Step(null, "", "", null));
    }
    add(first);
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      Thread thread = new Thread(this::work, "admin-" + i);
      thread.setDaemon(true);
      thread.start();
      helpers.add(thread);
    }
    work();
    for (Thread helper : helpers) {
      join(helper);
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void add(List<Step> steps) {
    open += steps.size();
    // The first is to be done first.
    for (int i = steps.size() - 1; i >= 0; i--) {
      waiting.push(steps.get(i));
    }
    notifyAll();
  }

  private synchronized @Nullable Step next() {
    try {
      while (waiting.isEmpty() && open > 0 && !job.isCancelled()) {
        wait(100);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      job.cancel();
    }
    return job.isCancelled() ? null : waiting.poll();
  }

  private synchronized void done() {
    open--;
    if (open == 0) {
      notifyAll();
    }
  }

  private void work() {
    for (Step step = next(); step != null; step = next()) {
      String path = step.path();
      try {
        take(resolved(step), path, isWhole(step));
      } catch (FsException e) {
        job.failed(path, e.errno() == Errno.EIO ? e.getMessage() : e.errno().description());
      } catch (RuntimeException e) {
        job.failed(path, "this is a bug: " + e);
      } finally {
        done();
      }
    }
  }

  /** Returns whether a step stands for itself, and not only for what fits a glob. */
  private boolean isWhole(Step step) {
    return globs.isEmpty() || (step.name == null && !step.rest.isEmpty());
  }

  private Found resolved(Step step) throws FsException {
    if (step.directory != null && step.name != null) {
      return source.find(step.directory.node(), step.name);
    }
    Found found = source.root();
    for (String part : step.rest.split("/", -1)) {
      if (!part.isEmpty() && !part.equals(".")) {
        found = source.find(found.node(), Name.of(part));
      }
    }
    return found;
  }

  private void take(Found found, String path, boolean whole) throws FsException {
    boolean wanted = whole || globs.stream().anyMatch(glob -> glob.fits(path));
    boolean isDirectory = found.attributes().isDirectory();
    if (wanted) {
      visitor.visit(found, path);
    }
    if (isDirectory && (selection.recursive() || !globs.isEmpty())) {
      list(found, path);
    }
  }

  private void list(Found directory, String path) throws FsException {
    List<Step> steps = new ArrayList<>();
    try (SourceDirectory open = source.openDirectory(directory.node())) {
      long[] cookie = {0};
      int[] seen = {1};
      while (seen[0] > 0 && !job.isCancelled()) {
        seen[0] = 0;
        open.list(
            cookie[0],
            (name, length, inode, type, next) -> {
              cookie[0] = next;
              seen[0]++;
              if (!isDots(name, length)) {
                steps.add(new Step(directory, path, "", Name.of(Arrays.copyOf(name, length))));
              }
              return true;
            });
      }
    }
    job.directoryDone();
    add(steps);
  }

  private static boolean isDots(byte[] name, int length) {
    return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
  }
}
