package io.cachefs.cli.output;

import io.cachefs.cli.control.CheckJson;
import io.cachefs.cli.json.Json;
import io.cachefs.engine.check.CheckReport;
import io.cachefs.engine.check.Finding;
import java.io.PrintWriter;
import java.util.Locale;

/** Prints what a check of a cache found. */
public final class CheckText {
  private static final double MIB = 1 << 20;

  private CheckText() {}

  /** Prints each finding and a summary. */
  public static void print(PrintWriter out, boolean json, CheckReport report) {
    if (json) {
      out.println(Json.pretty(CheckJson.toJson(report)));
      out.flush();
      return;
    }
    for (Finding finding : report.findings()) {
      out.println(line(finding));
    }
    if (report.found() > report.findings().size()) {
      out.println("... and " + (report.found() - report.findings().size()) + " more");
    }
    out.println(progress(report) + "; " + result(report));
    out.flush();
  }

  private static String line(Finding finding) {
    String kind = finding.kind().name().toLowerCase(Locale.ROOT);
    String path = finding.path().isEmpty() ? "" : finding.path() + ": ";
    return kind + ": " + path + finding.what() + (finding.repaired() ? " (repaired)" : "");
  }

  /** Returns how far it is. */
  public static String progress(CheckReport report) {
    return String.format(
        Locale.ROOT,
        "checked %d records, %d contents, %.1f MiB, %d blobs, %d unsent changes",
        report.records(),
        report.contents(),
        report.bytes() / MIB,
        report.blobs(),
        report.changes());
  }

  private static String result(CheckReport report) {
    String end = report.cancelled() ? ", ended early" : "";
    if (report.found() == 0) {
      return "nothing found" + end;
    }
    return report.found() + " found, " + (report.found() - report.left()) + " repaired" + end;
  }
}
