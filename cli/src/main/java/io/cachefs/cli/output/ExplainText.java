package io.cachefs.cli.output;

import io.cachefs.cli.json.Json;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a cache knows of files, as blocks of lines or JSON. */
public final class ExplainText {
  private ExplainText() {}

  /** Prints it. */
  public static void print(
      PrintWriter out, boolean json, List<Map<String, @Nullable Object>> files) {
    if (json) {
      out.println(Json.pretty(Map.of("paths", files)));
      out.flush();
      return;
    }
    for (Map<String, @Nullable Object> file : files) {
      out.println(file.get("path"));
      row(out, "version", file.get("size") + " bytes, modified " + file.get("modified"));
      row(out, "checked", checked(file));
      row(out, "content", content(file));
      row(out, "writes", String.valueOf(file.get("mode")));
      if (Boolean.TRUE.equals(file.get("pinned"))) {
        row(out, "pinned", "yes");
      }
      if (Boolean.TRUE.equals(file.get("openForWriting"))) {
        row(out, "writers", "open for writing, so reads go to the source");
      }
    }
    out.flush();
  }

  private static String checked(Map<String, @Nullable Object> file) {
    if (Boolean.TRUE.equals(file.get("watched"))) {
      return "the source is watched, every change is reported";
    }
    Object at = file.get("checkedAt");
    Object left = file.get("lifetimeSeconds");
    String until =
        left == null
            ? "right for ever"
            : left.equals(0.0) ? "asked again at the next use" : "right for " + left + " s more";
    return at == null ? until : at + ", " + until;
  }

  private static String content(Map<String, @Nullable Object> file) {
    String whyNot = String.valueOf(file.get("whyNot"));
    if (!whyNot.isEmpty()) {
      return "not cached: " + whyNot;
    }
    if (!(file.get("ranges") instanceof List<?> ranges) || ranges.isEmpty()) {
      return "nothing is cached, because nobody has read it yet or it was evicted";
    }
    if (Boolean.TRUE.equals(file.get("complete"))) {
      return "all of it, in " + place(file) + ", taking " + file.get("storedBytes") + " bytes";
    }
    StringBuilder list = new StringBuilder();
    for (Object each : ranges.subList(0, Math.min(ranges.size(), 8))) {
      Map<?, ?> range = each instanceof Map<?, ?> map ? map : Map.of();
      list.append(list.length() == 0 ? "" : ", ")
          .append(range.get("offset"))
          .append("+")
          .append(range.get("length"));
    }
    return "in part, in " + place(file) + ": " + list + (ranges.size() > 8 ? ", ..." : "");
  }

  private static String place(Map<String, @Nullable Object> file) {
    return "index".equals(file.get("place")) ? "the index" : "a blob";
  }

  private static void row(PrintWriter out, String name, String value) {
    out.printf("  %-12s %s%n", name, value);
  }
}
