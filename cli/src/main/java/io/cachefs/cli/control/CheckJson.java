package io.cachefs.cli.control;

import io.cachefs.engine.check.CheckReport;
import io.cachefs.engine.check.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How far a check of a cache is, or what it found, as JSON. */
public final class CheckJson {
  private CheckJson() {}

  /** Returns the report as a JSON object. */
  public static Map<String, @Nullable Object> toJson(CheckReport report) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("records", report.records());
    json.put("contents", report.contents());
    json.put("bytes", report.bytes());
    json.put("blobs", report.blobs());
    json.put("changes", report.changes());
    json.put("found", report.found());
    json.put("left", report.left());
    json.put("cancelled", report.cancelled());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Finding finding : report.findings()) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("kind", finding.kind().name().toLowerCase(Locale.ROOT));
      row.put("path", finding.path());
      row.put("what", finding.what());
      row.put("repaired", finding.repaired());
      rows.add(row);
    }
    json.put("findings", rows);
    return json;
  }

  /** Reads what {@link #toJson} gave; what is missing counts as nothing. */
  public static CheckReport fromJson(Map<?, ?> json) {
    List<Finding> findings = new ArrayList<>();
    if (json.get("findings") instanceof List<?> list) {
      for (Object each : list) {
        if (each instanceof Map<?, ?> row) {
          findings.add(
              new Finding(
                  Finding.Kind.valueOf(String.valueOf(row.get("kind")).toUpperCase(Locale.ROOT)),
                  String.valueOf(row.get("path")),
                  String.valueOf(row.get("what")),
                  Boolean.TRUE.equals(row.get("repaired"))));
        }
      }
    }
    return new CheckReport(
        number(json, "records"),
        number(json, "contents"),
        number(json, "bytes"),
        number(json, "blobs"),
        number(json, "changes"),
        number(json, "found"),
        number(json, "left"),
        findings,
        Boolean.TRUE.equals(json.get("cancelled")));
  }

  private static long number(Map<?, ?> json, String name) {
    return json.get(name) instanceof Long value ? value : 0;
  }
}
