package io.cachefs.testing.concurrent;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Tasks that run at the same time, each on a thread of its own. */
public final class Parallel {
  private final List<Task> tasks = new ArrayList<>();

  /** What a thread does. */
  @FunctionalInterface
  public interface Task {
    /** Runs to the end; an exception fails the test. */
    void run() throws Exception;
  }

  /** What each of several threads does; they are numbered from 0. */
  @FunctionalInterface
  public interface NumberedTask {
    /** Runs to the end; an exception fails the test. */
    void run(int number) throws Exception;
  }

  /** Runs the task on so many threads and waits for all. */
  public static void run(int threads, NumberedTask task) {
    new Parallel().add(threads, task).run();
  }

  /** Adds a task. */
  public Parallel add(Task task) {
    tasks.add(task);
    return this;
  }

  /** Adds a task for several threads. */
  public Parallel add(int threads, NumberedTask task) {
    for (int i = 0; i < threads; i++) {
      int number = i;
      tasks.add(() -> task.run(number));
    }
    return this;
  }

  /** Runs what was added, waits for all, and throws the first failure. */
  public void run() {
    ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Task task : tasks) {
        running.add(
            threads.submit(
                () -> {
                  task.run();
                  return "done";
                }));
      }
      for (Future<?> each : running) {
        Object done = each.get();
        assert done != null;
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    } finally {
      threads.shutdown();
    }
  }
}
