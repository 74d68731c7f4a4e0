package io.cachefs.cli.control;

import io.cachefs.engine.admin.Job;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How far a piece of work is, or how it ended, as JSON. */
public final class JobReport {
  private JobReport() {}

  /** Returns the outcome as a JSON object. */
  public static Map<String, @Nullable Object> toJson(Job.Outcome outcome) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("files", outcome.files());
    json.put("directories", outcome.directories());
    json.put("bytes", outcome.bytes());
    json.put("skipped", outcome.skipped());
    json.put("failed", outcome.failed());
    List<Map<String, Object>> failures = new ArrayList<>();
    for (Job.Failure failure : outcome.failures()) {
      failures.add(Map.of("path", failure.path(), "reason", failure.reason()));
    }
    json.put("failures", failures);
    json.put("cancelled", outcome.cancelled());
    return json;
  }

  /** Reads what {@link #toJson} gave; what is missing counts as nothing. */
  public static Job.Outcome fromJson(Map<?, ?> json) {
    List<Job.Failure> failures = new ArrayList<>();
    if (json.get("failures") instanceof List<?> list) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> failure) {
          failures.add(
              new Job.Failure(
                  String.valueOf(failure.get("path")), String.valueOf(failure.get("reason"))));
        }
      }
    }
    return new Job.Outcome(
        number(json, "files"),
        number(json, "directories"),
        number(json, "bytes"),
        number(json, "skipped"),
        number(json, "failed"),
        failures,
        Boolean.TRUE.equals(json.get("cancelled")));
  }

  private static long number(Map<?, ?> json, String name) {
    return json.get(name) instanceof Long value ? value : 0;
  }
}
