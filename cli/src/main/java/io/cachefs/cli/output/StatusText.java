package io.cachefs.cli.output;

import io.cachefs.cli.control.MountReport;
import io.cachefs.cli.control.MountStatus;
import io.cachefs.metrics.OperationMetrics;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A mount as a block of lines. */
final class StatusText {
  private StatusText() {}

  static void print(PrintWriter out, MountReport report, Instant now) {
    MountStatus status = report.status();
    out.println(report.mountPoint());
    if (status == null) {
      row(out, "source", report.source());
      row(out, "state", explain(report));
      return;
    }
    row(out, "source", status.source());
    row(out, "state", "running for " + Results.words(Duration.between(status.startedAt(), now)));
    row(out, "process", status.pid() + ", cachefs " + status.version());
    row(
        out,
        "transport",
        status.transport()
            + " ("
            + status.transportReason()
            + "), FUSE "
            + status.protocol()
            + ", passthrough "
            + (status.passthrough() ? "on" : "off"));
    row(
        out,
        "options",
        status.options().entrySet().stream()
            .map(option -> option.getKey() + "=" + option.getValue())
            .collect(Collectors.joining(" ")));
    row(out, "threads", Long.toString(status.threads()));
    row(out, "descriptors", status.descriptors() + " of " + status.descriptorLimit());
    row(out, "memory", (status.residentBytes() >> 20) + " MiB resident");
    row(out, "faults", Long.toString(status.failures()));
    row(out, "lost notices", Long.toString(status.lostNotices()));
    Map<?, ?> cache = status.cache();
    if (cache != null) {
      cache(out, cache);
      if (cache.get("writeBack") instanceof Map<?, ?> writeBack) {
        WriteBackText.status(out, writeBack, now);
      }
    }
    operations(out, status.operations());
  }

  private static void cache(PrintWriter out, Map<?, ?> cache) {
    row(out, "cache", String.valueOf(cache.get("directory")));
    row(
        out,
        "content",
        mebibytes(cache, "disk", "usedBytes")
            + " of "
            + mebibytes(cache, "disk", "limitBytes")
            + " MiB, "
            + part(cache, "disk", "files")
            + " files, disk "
            + part(cache, "disk", "state"));
    row(
        out,
        "index",
        mebibytes(cache, "index", "usedBytes")
            + " MiB, "
            + part(cache, "index", "nodes")
            + " files, "
            + part(cache, "index", "names")
            + " names known");
    row(
        out,
        "metadata",
        "hit ratio "
            + part(cache, "metadata", "hitRatio")
            + ", "
            + part(cache, "metadata", "hits")
            + " hits, "
            + part(cache, "metadata", "misses")
            + " misses, "
            + part(cache, "metadata", "watches")
            + " directories watched, "
            + part(cache, "metadata", "watchesRefused")
            + " refused");
    row(
        out,
        "reads",
        "hit ratio "
            + part(cache, "data", "hitRatio")
            + ", fetched "
            + mebibytes(cache, "data", "fetchedBytes")
            + " MiB, past the cache "
            + mebibytes(cache, "data", "bypassedBytes")
            + " MiB, damaged and healed "
            + part(cache, "data", "damaged"));
    row(
        out,
        "pinned",
        mebibytes(cache, "pins", "usedBytes")
            + " of "
            + mebibytes(cache, "pins", "limitBytes")
            + " MiB");
    row(
        out,
        "evicted",
        part(cache, "eviction", "evicted") + " by " + part(cache, "eviction", "policy"));
    if (cache.get("source") instanceof Map<?, ?>) {
      row(
          out,
          "reachable",
          part(cache, "source", "state")
              + " since "
              + part(cache, "source", "since")
              + " ("
              + part(cache, "source", "reason")
              + "), calls under way "
              + part(cache, "source", "inFlight")
              + ", stuck "
              + part(cache, "source", "stuck"));
    }
  }

  private static String part(Map<?, ?> cache, String group, String name) {
    return cache.get(group) instanceof Map<?, ?> values ? String.valueOf(values.get(name)) : "-";
  }

  private static String mebibytes(Map<?, ?> cache, String group, String name) {
    boolean known =
        cache.get(group) instanceof Map<?, ?> values && values.get(name) instanceof Number;
    return known ? Long.toString(Long.parseLong(part(cache, group, name)) >> 20) : "-";
  }

  private static String explain(MountReport report) {
    String free = "; free it with 'cachefs umount --force " + report.mountPoint() + "'";
    return switch (report.state()) {
      case DEAD -> "dead: its process has gone" + free;
      case NOT_ANSWERING ->
          "not answering: its process"
              + (report.pid() == 0 ? "" : " " + report.pid())
              + " is stopped or hangs"
              + free;
      case UNKNOWN -> "served by another user's process, which only that user can ask";
      case RUNNING -> "running";
    };
  }

  private static void operations(PrintWriter out, List<OperationMetrics.Row> operations) {
    if (operations.isEmpty()) {
      return;
    }
    out.printf("  %-16s %12s %10s %12s%n", "operation", "calls", "failures", "mean");
    operations.stream()
        .sorted(Comparator.comparingLong(OperationMetrics.Row::calls).reversed())
        .forEach(
            row ->
                out.printf(
                    "  %-16s %12d %10d %12s%n",
                    row.operation().toLowerCase(Locale.ROOT),
                    row.calls(),
                    row.failures(),
                    mean(row)));
  }

  private static String mean(OperationMetrics.Row row) {
    double micros = row.totalNanos() / 1000.0 / Math.max(1, row.calls());
    return micros < 1000
        ? String.format(Locale.ROOT, "%.1f us", micros)
        : String.format(Locale.ROOT, "%.1f ms", micros / 1000);
  }

  private static void row(PrintWriter out, String name, String value) {
    out.printf("  %-12s %s%n", name, value);
  }
}
