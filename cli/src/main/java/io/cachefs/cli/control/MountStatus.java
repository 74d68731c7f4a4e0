package io.cachefs.cli.control;

import io.cachefs.metrics.OperationMetrics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a running mount says of itself.
 *
 * @param source the directory it serves
 * @param mountPoint where
 * @param pid the process
 * @param version of the program
 * @param startedAt when the mount was made
 * @param transport how it speaks with the kernel
 * @param transportReason why this transport was chosen
 * @param protocol version of the FUSE protocol
 * @param passthrough whether the kernel reads and writes open files by itself
 * @param options name and value of each option of the mount
 * @param threads threads that serve requests
 * @param descriptors open file descriptors
 * @param descriptorLimit how many the system allows
 * @param residentBytes memory in use
 * @param failures replies that were faults, with a cause in the log
 * @param lostNotices how often there were too many changes to tell the kernel one by one
 * @param operations calls by operation
 * @param cache what the cache says of itself, or null if there is none
 */
public record MountStatus(
    String source,
    String mountPoint,
    long pid,
    String version,
    Instant startedAt,
    String transport,
    String transportReason,
    String protocol,
    boolean passthrough,
    Map<String, String> options,
    long threads,
    long descriptors,
    long descriptorLimit,
    long residentBytes,
    long failures,
    long lostNotices,
    List<OperationMetrics.Row> operations,
    @Nullable Map<?, ?> cache) {

  /** Returns the status as a JSON object. */
  public Map<String, @Nullable Object> toJson() {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("source", source);
    json.put("mountPoint", mountPoint);
    json.put("pid", pid);
    json.put("version", version);
    json.put("startedAt", startedAt.toString());
    json.put("transport", transport);
    json.put("transportReason", transportReason);
    json.put("protocol", protocol);
    json.put("passthrough", passthrough);
    json.put("options", options);
    json.put("threads", threads);
    json.put("descriptors", descriptors);
    json.put("descriptorLimit", descriptorLimit);
    json.put("residentBytes", residentBytes);
    json.put("failures", failures);
    json.put("lostNotices", lostNotices);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (OperationMetrics.Row row : operations) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("operation", row.operation());
      entry.put("calls", row.calls());
      entry.put("failures", row.failures());
      entry.put("totalNanos", row.totalNanos());
      rows.add(entry);
    }
    json.put("operations", rows);
    json.put("cache", cache);
    return json;
  }

  /** Reads what {@link #toJson} gave; throws {@link IllegalArgumentException} for anything else. */
  public static MountStatus fromJson(Map<?, ?> json) {
    try {
      Map<String, String> options = new LinkedHashMap<>();
      ((Map<?, ?>) value(json, "options"))
          .forEach((name, value) -> options.put(String.valueOf(name), String.valueOf(value)));
      List<OperationMetrics.Row> rows = new ArrayList<>();
      for (Object row : (List<?>) value(json, "operations")) {
        Map<?, ?> entry = (Map<?, ?>) Objects.requireNonNull(row);
        rows.add(
            new OperationMetrics.Row(
                text(entry, "operation"),
                number(entry, "calls"),
                number(entry, "failures"),
                number(entry, "totalNanos")));
      }
      return new MountStatus(
          text(json, "source"),
          text(json, "mountPoint"),
          number(json, "pid"),
          text(json, "version"),
          Instant.parse(text(json, "startedAt")),
          text(json, "transport"),
          text(json, "transportReason"),
          text(json, "protocol"),
          (Boolean) value(json, "passthrough"),
          options,
          number(json, "threads"),
          number(json, "descriptors"),
          number(json, "descriptorLimit"),
          number(json, "residentBytes"),
          number(json, "failures"),
          number(json, "lostNotices"),
          rows,
          json.get("cache") instanceof Map<?, ?> cache ? cache : null);
    } catch (ClassCastException | NullPointerException | java.time.DateTimeException e) {
      throw new IllegalArgumentException("not a status: " + e.getMessage(), e);
    }
  }

  private static Object value(Map<?, ?> json, String name) {
    return Objects.requireNonNull(json.get(name), name);
  }

  private static String text(Map<?, ?> json, String name) {
    return (String) value(json, name);
  }

  private static long number(Map<?, ?> json, String name) {
    return (Long) value(json, name);
  }
}
