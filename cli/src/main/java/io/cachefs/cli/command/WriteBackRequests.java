package io.cachefs.cli.command;

import io.cachefs.cli.control.ControlRefusal;
import io.cachefs.cli.control.ControlTask;
import io.cachefs.cli.control.JobReport;
import io.cachefs.cli.json.RecordJson;
import io.cachefs.engine.admin.ConflictAdmin.Keep;
import io.cachefs.engine.admin.FlushJob;
import io.cachefs.engine.admin.Job;
import io.cachefs.engine.admin.WriteBackAdmin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a running mount does about changes that are not at its source. Thread-safe. */
final class WriteBackRequests {
  /** In an answer: whether the mount writes back at all. */
  static final String WRITES_BACK = "writesBack";

  private static final Set<String> NAMES =
      Set.of("dirty", "flush", "conflicts", "offline", "online");

  private final @Nullable WriteBackAdmin admin;

  WriteBackRequests(@Nullable WriteBackAdmin admin) {
    this.admin = admin;
  }

  static boolean isOne(String name) {
    return NAMES.contains(name);
  }

  Map<String, @Nullable Object> handle(String name, Map<?, ?> request, ControlTask task)
      throws ControlRefusal {
    Map<String, @Nullable Object> result = new LinkedHashMap<>();
    result.put(WRITES_BACK, admin != null);
    if (admin == null) {
      return result;
    }
    List<String> paths = paths(request);
    switch (name) {
      case "dirty" -> result.putAll(RecordJson.of(admin.dirty(paths, most(request))));
      case "flush" -> result.putAll(flush(admin, paths, request, task));
      case "conflicts" -> result.putAll(conflicts(admin, paths, request, task));
      case "offline" -> admin.offline();
      case "online" -> admin.online();
      default -> throw new ControlRefusal("unknown request " + name);
    }
    return result;
  }

  private static List<String> paths(Map<?, ?> request) {
    List<String> paths = new ArrayList<>();
    if (request.get("paths") instanceof List<?> list) {
      list.forEach(each -> paths.add(String.valueOf(each)));
    }
    return paths;
  }

  private static int most(Map<?, ?> request) {
    long most = request.get("most") instanceof Long given ? given : WriteBackAdmin.MOST_LISTED;
    return (int) Math.max(0, Math.min(most, WriteBackAdmin.MOST_LISTED));
  }

  private static Map<String, @Nullable Object> flush(
      WriteBackAdmin admin, List<String> paths, Map<?, ?> request, ControlTask task)
      throws ControlRefusal {
    FlushJob job = new FlushJob();
    task.follow(() -> RecordJson.of(job.progress()), job::cancel);
    long wait = request.get("waitNanos") instanceof Long nanos ? nanos : Long.MAX_VALUE;
    try {
      List<String> wanted = Boolean.TRUE.equals(request.get("whole")) ? List.of("") : paths;
      return RecordJson.of(admin.flush(wanted, wait, most(request), job));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlRefusal("the mount ends");
    }
  }

  private static Map<String, @Nullable Object> conflicts(
      WriteBackAdmin admin, List<String> paths, Map<?, ?> request, ControlTask task)
      throws ControlRefusal {
    if (!(request.get("keep") instanceof String keep)) {
      Map<String, @Nullable Object> result = new LinkedHashMap<>();
      result.put("conflicts", admin.conflicts().list(paths).stream().map(RecordJson::of).toList());
      return result;
    }
    Job job = new Job();
    task.follow(() -> JobReport.toJson(job.outcome()), job::cancel);
    try {
      admin.conflicts().resolve(paths, Keep.valueOf(keep.toUpperCase(Locale.ROOT)), job);
    } catch (IllegalArgumentException e) {
      throw new ControlRefusal("'" + keep + "' is not one of ours, theirs, both");
    }
    return JobReport.toJson(job.outcome());
  }
}
