package io.cachefs.cli.output;

import io.cachefs.cli.json.Json;
import io.cachefs.engine.admin.WriteBackStatus;
import java.io.PrintWriter;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is not at the source of a mount, as lines or JSON. */
public final class WriteBackText {
  private static final int MOST_LINES = 20;

  private WriteBackText() {}

  /** Returns how far a flush is, by what the mount says. */
  public static String progress(Map<?, ?> soFar) {
    if (!(soFar.get("left") instanceof Long left)) {
      return "";
    }
    String line = "sending, " + left + " of " + soFar.get("all") + " changes left";
    Object waitsFor = soFar.get("waitsFor");
    return waitsFor == null ? line : line + "; waiting for " + waitsFor;
  }

  /** Returns what a mount begins with that is not at its source, or null if that is nothing. */
  public static @Nullable String pending(WriteBackStatus status) {
    StringBuilder text = new StringBuilder();
    if (status.operations() > 0) {
      text.append(waiting(status.operations(), status.bytes()))
          .append(" from before wait to be sent");
    }
    if (status.conflicts() > 0) {
      text.append(text.length() == 0 ? "" : "; ")
          .append(status.conflicts())
          .append(" conflicts are not resolved, see 'cachefs conflicts'");
    }
    if (status.journalDamages() > 0) {
      text.append(text.length() == 0 ? "" : "; ")
          .append("the journal is damaged in ")
          .append(status.journalDamages())
          .append(" places, see 'cachefs fsck'");
    }
    return text.length() == 0 ? null : text.toString();
  }

  /** Returns how much waits, by the figures in a status, or null if nothing does. */
  public static @Nullable String pending(@Nullable Map<?, ?> cache) {
    boolean waits =
        cache != null
            && cache.get("writeBack") instanceof Map<?, ?> status
            && status.get("operations") instanceof Long operations
            && operations > 0;
    if (!waits || cache == null || !(cache.get("writeBack") instanceof Map<?, ?> status)) {
      return null;
    }
    return waiting(number(status, "operations"), number(status, "bytes"));
  }

  private static String waiting(long operations, long bytes) {
    return operations + (operations == 1 ? " change" : " changes") + " (" + size(bytes) + ")";
  }

  private static long number(Map<?, ?> map, String name) {
    return map.get(name) instanceof Long number ? number : 0;
  }

  /** Prints what came of a flush; what is left goes to {@code err}. */
  public static void flushed(
      PrintWriter out,
      PrintWriter err,
      boolean json,
      long all,
      long left,
      String end,
      List<Map<String, @Nullable Object>> changes) {
    if (json) {
      Map<String, @Nullable Object> document = new LinkedHashMap<>();
      document.put("end", end.toLowerCase(Locale.ROOT));
      document.put("operations", all);
      document.put("left", left);
      document.put("changes", changes);
      out.println(Json.pretty(document));
      out.flush();
      return;
    }
    if (end.equals("DONE")) {
      String sent = all == 0 ? "" : "sent " + all + (all == 1 ? " change" : " changes") + ", ";
      out.println(sent + "all is at the source");
      out.flush();
      return;
    }
    left(err, left, end, changes);
  }

  /** Prints what is not at the source, and why. */
  public static void left(
      PrintWriter err, long left, String end, List<Map<String, @Nullable Object>> changes) {
    for (Map<String, @Nullable Object> change :
        changes.subList(0, Math.min(MOST_LINES, changes.size()))) {
      err.println(
          "cachefs: not sent: " + change.get("path") + " (" + kind(change) + ")" + trouble(change));
    }
    if (left > MOST_LINES) {
      err.println("cachefs: ... and " + (left - MOST_LINES) + " more, see 'cachefs dirty'");
    }
    String why =
        switch (end) {
          case "OFFLINE" -> "sending is stopped, see 'cachefs online'";
          case "FAILED" -> "they fail again and again";
          case "TIMEOUT" -> "the time is over";
          default -> "it was ended early";
        };
    err.println(
        "cachefs: "
            + left
            + (left == 1 ? " change is" : " changes are")
            + " not at the source: "
            + why);
    err.flush();
  }

  private static String kind(Map<String, @Nullable Object> change) {
    return switch (String.valueOf(change.get("kind"))) {
      case "make" -> "new";
      case "content" -> "changed";
      case "attributes" -> "attributes";
      case "link" -> "link";
      case "remove" -> "removed";
      case "rename" -> "renamed";
      default -> "times";
    };
  }

  private static String trouble(Map<String, @Nullable Object> change) {
    if (!(change.get("trouble") instanceof Map<?, ?> trouble)) {
      return "";
    }
    return ": "
        + trouble.get("reason")
        + ", tried "
        + trouble.get("attempts")
        + " times since "
        + trouble.get("since");
  }

  /** Prints what is not at the source. */
  public static void dirty(
      PrintWriter out,
      boolean json,
      long all,
      List<Map<String, @Nullable Object>> changes,
      Instant now) {
    if (json) {
      Map<String, @Nullable Object> document = new LinkedHashMap<>();
      document.put("all", all);
      document.put("changes", changes);
      out.println(Json.pretty(document));
      out.flush();
      return;
    }
    for (Map<String, @Nullable Object> change : changes) {
      Object newPath = change.get("newPath");
      long size = number(change, "size");
      out.printf(
          "%-10s %10s %8s  %s%s%s%n",
          kind(change),
          age(change.get("since"), now),
          size < 0 ? "-" : size(size),
          change.get("path"),
          newPath == null ? "" : " -> " + newPath,
          trouble(change));
    }
    if (all > changes.size()) {
      out.println("... and " + (all - changes.size()) + " more");
    }
    if (all == 0) {
      out.println("all is at the source");
    }
    out.flush();
  }

  private static String age(@Nullable Object since, Instant now) {
    try {
      return Results.words(Duration.between(Instant.parse(String.valueOf(since)), now));
    } catch (DateTimeException e) {
      return "-";
    }
  }

  private static String size(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes / 1024.0;
    for (String unit : List.of("KiB", "MiB", "GiB")) {
      if (value < 1024) {
        return String.format(Locale.ROOT, "%.1f %s", value, unit);
      }
      value /= 1024;
    }
    return String.format(Locale.ROOT, "%.1f TiB", value);
  }

  /** Prints conflicts. */
  public static void conflicts(
      PrintWriter out, boolean json, List<Map<String, @Nullable Object>> conflicts) {
    if (json) {
      out.println(Json.pretty(Map.of("conflicts", conflicts)));
      out.flush();
      return;
    }
    for (Map<String, @Nullable Object> conflict : conflicts) {
      out.println(conflict.get("path"));
      row(out, "change", change(conflict));
      row(out, "met", conflict.get("at") + ", decided by " + conflict.get("policy"));
      row(out, "ours", ours(conflict));
      row(out, "theirs", side(conflict.get("theirs"), "was not there any more"));
    }
    if (conflicts.isEmpty()) {
      out.println("there are no conflicts");
    }
    out.flush();
  }

  private static String change(Map<String, @Nullable Object> conflict) {
    Object from = conflict.get("from");
    return conflict.get("what") + (from == null ? "" : " from " + from);
  }

  private static String ours(Map<String, @Nullable Object> conflict) {
    boolean isRemoval = "remove".equals(conflict.get("what"));
    String version = side(conflict.get("ours"), isRemoval ? "removed" : "no content");
    Object kept = conflict.get("keptPath");
    if (kept != null) {
      boolean mixed = Boolean.TRUE.equals(conflict.get("mixed"));
      return version + ", kept as " + kept + (mixed ? " with parts of theirs" : "");
    }
    return version
        + (Boolean.TRUE.equals(conflict.get("givenUp")) ? ", given up" : ", took its place");
  }

  private static String side(@Nullable Object side, String none) {
    if (!(side instanceof Map<?, ?> version)) {
      return none;
    }
    long size = number(version, "size");
    StringBuilder text = new StringBuilder(size < 0 ? "no content" : size + " bytes");
    if (version.get("modified") != null) {
      text.append(", modified ").append(version.get("modified"));
    }
    if (version.get("uid") instanceof Number uid && uid.longValue() >= 0) {
      text.append(", owner ").append(uid).append(":").append(version.get("gid"));
    }
    return text.toString();
  }

  private static void row(PrintWriter out, String name, String value) {
    out.printf("  %-12s %s%n", name, value);
  }

  /** Prints what came of resolving conflicts. */
  public static void resolved(
      PrintWriter out, PrintWriter err, boolean json, long resolved, List<String> failures) {
    if (json) {
      Map<String, @Nullable Object> document = new LinkedHashMap<>();
      document.put("resolved", resolved);
      document.put("failures", failures);
      out.println(Json.pretty(document));
      out.flush();
      return;
    }
    failures.forEach(failure -> err.println("cachefs: " + failure));
    err.flush();
    out.println("resolved " + resolved + (resolved == 1 ? " conflict" : " conflicts"));
    out.flush();
  }

  /** Prints the figures of a mount. */
  static void status(PrintWriter out, Map<?, ?> status, Instant now) {
    String reason = status.get("reason") == null ? "" : " (" + status.get("reason") + ")";
    long operations = number(status, "operations");
    String waits =
        operations == 0
            ? "nothing waits"
            : waiting(operations, number(status, "bytes"))
                + " of "
                + status.get("files")
                + " files wait, the oldest for "
                + age(status.get("oldest"), now);
    row(out, "write-back", status.get("state") + reason + ", " + waits);
    row(
        out,
        "sent",
        status.get("sent")
            + " changes ("
            + size(number(status, "sentBytes"))
            + "), failed "
            + status.get("failed")
            + ", conflicts "
            + status.get("conflicts"));
    Object failure = status.get("journalFailure");
    row(
        out,
        "journal",
        size(number(status, "journalBytes"))
            + (number(status, "journalDamages") == 0
                ? ""
                : ", DAMAGED in " + status.get("journalDamages") + " places")
            + (failure == null ? "" : ", " + failure));
  }
}
