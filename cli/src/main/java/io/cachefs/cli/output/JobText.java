package io.cachefs.cli.output;

import io.cachefs.cli.control.JobReport;
import io.cachefs.cli.json.Json;
import io.cachefs.engine.admin.Job;
import java.io.PrintWriter;
import java.util.Locale;

/** Prints how work on a cache goes and went. */
public final class JobText {
  private JobText() {}

  /** Prints the result, and to {@code err} what failed. */
  public static void print(
      PrintWriter out, PrintWriter err, boolean json, String verb, Job.Outcome outcome) {
    if (json) {
      out.println(Json.pretty(JobReport.toJson(outcome)));
      out.flush();
      return;
    }
    for (Job.Failure failure : outcome.failures()) {
      err.println("cachefs: " + failure.path() + ": " + failure.reason());
    }
    if (outcome.failed() > outcome.failures().size()) {
      err.println("cachefs: ... and " + (outcome.failed() - outcome.failures().size()) + " more");
    }
    err.flush();
    out.println(line(verb, outcome));
    out.flush();
  }

  /** Returns how far it is. */
  public static String line(String verb, Job.Outcome outcome) {
    StringBuilder line = new StringBuilder(verb + " " + outcome.files() + " files");
    if (outcome.bytes() > 0) {
      line.append(String.format(Locale.ROOT, ", %.1f MiB", outcome.bytes() / 1048576.0));
    }
    if (outcome.skipped() > 0) {
      line.append(", ").append(outcome.skipped()).append(" left out");
    }
    if (outcome.failed() > 0) {
      line.append(", ").append(outcome.failed()).append(" failed");
    }
    return line.append(outcome.cancelled() ? ", ended early" : "").toString();
  }
}
