package io.cachefs.cli.output;

import io.cachefs.cli.control.MountReport;
import io.cachefs.cli.diagnosis.Finding;
import io.cachefs.cli.json.Json;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prints the results of commands as text or as JSON. */
public final class Results {
  private final PrintWriter out;
  private final boolean json;

  public Results(PrintWriter out, boolean json) {
    this.out = out;
    this.json = json;
  }

  /** Prints one line. */
  public void line(String text) {
    out.println(text);
    out.flush();
  }

  /** Prints what is known of mounts. */
  public void mounts(List<MountReport> reports, Instant now) {
    if (json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("mounts", reports.stream().map(Results::toJson).toList());
      line(Json.pretty(document));
      return;
    }
    if (reports.isEmpty()) {
      line("no cachefs is mounted");
    }
    for (int i = 0; i < reports.size(); i++) {
      if (i > 0) {
        out.println();
      }
      StatusText.print(out, reports.get(i), now);
    }
    out.flush();
  }

  /** Prints what an examination found. */
  public void findings(List<Finding> findings) {
    if (json) {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (Finding finding : findings) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("check", finding.check());
        row.put("level", finding.level().word());
        row.put("found", finding.found());
        row.put("advice", finding.advice());
        rows.add(row);
      }
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("findings", rows);
      line(Json.pretty(document));
      return;
    }
    for (Finding finding : findings) {
      out.printf("%-4s  %-20s %s%n", finding.level().word(), finding.check(), finding.found());
      if (!finding.advice().isEmpty()) {
        out.printf("      %-20s -> %s%n", "", finding.advice());
      }
    }
    out.flush();
  }

  private static Map<String, @Nullable Object> toJson(MountReport report) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("mountPoint", report.mountPoint());
    json.put("source", report.source());
    json.put("state", report.state().words());
    json.put("pid", report.pid() == 0 ? null : report.pid());
    json.put("status", report.status() == null ? null : report.status().toJson());
    return json;
  }

  /** Returns a duration for people: its two largest units. */
  static String words(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    if (seconds < 60) {
      return seconds + " s";
    }
    if (seconds < 3600) {
      return seconds / 60 + " min " + seconds % 60 + " s";
    }
    if (seconds < 86_400) {
      return seconds / 3600 + " h " + seconds / 60 % 60 + " min";
    }
    return seconds / 86_400 + " d " + seconds / 3600 % 24 + " h";
  }
}
