package io.cachefs.cli.command;

import io.cachefs.base.ByteRange;
import io.cachefs.base.Timestamp;
import io.cachefs.cli.control.CheckJson;
import io.cachefs.cli.control.ControlHandler;
import io.cachefs.cli.control.ControlRefusal;
import io.cachefs.cli.control.ControlTask;
import io.cachefs.cli.control.JobReport;
import io.cachefs.engine.admin.CacheAdmin;
import io.cachefs.engine.admin.Explanation;
import io.cachefs.engine.admin.Job;
import io.cachefs.engine.admin.Selection;
import io.cachefs.engine.admin.WarmOptions;
import io.cachefs.engine.check.CacheCheck;
import io.cachefs.engine.check.CheckException;
import io.cachefs.engine.check.CheckJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a running mount does for the other commands. Thread-safe. */
final class CacheRequests implements ControlHandler {
  /** Asks for the end of the mount. */
  static final String END = "end";

  private final ServedMount mount;
  private final ServedMounts all;
  private final @Nullable CacheAdmin admin;
  private final @Nullable CacheCheck check;
  private final WriteBackRequests writeBack;

  CacheRequests(ServedMount mount, ServedMounts all) {
    this.mount = mount;
    this.all = all;
    this.admin = all.fileSystem().admin();
    this.check = all.fileSystem().check();
    this.writeBack = new WriteBackRequests(all.fileSystem().writeBackAdmin());
  }

  @Override
  public Map<String, @Nullable Object> handle(String name, Map<?, ?> request, ControlTask task)
      throws ControlRefusal {
    if (name.equals("status")) {
      return mount.status().toJson();
    }
    if (name.equals(JoinRequest.NAME)) {
      return JoinRequest.answer(all, mount.mountPoint(), request);
    }
    if (name.equals(END)) {
      // By a thread of its own, because those that answer are stopped with the mount.
      Thread thread = new Thread(mount::end, "end " + mount.mountPoint());
      thread.setDaemon(true);
      thread.start();
      return new LinkedHashMap<>();
    }
    if (WriteBackRequests.isOne(name)) {
      return writeBack.handle(name, request, task);
    }
    if (admin == null) {
      throw new ControlRefusal("this mount has no cache");
    }
    if (name.equals("fsck") && check != null) {
      return fsck(check, Boolean.TRUE.equals(request.get("repair")), task);
    }
    Job job = new Job();
    task.follow(() -> JobReport.toJson(job.outcome()), job::cancel);
    List<Explanation> explained = work(name, request, admin, job);
    Map<String, @Nullable Object> result = JobReport.toJson(job.outcome());
    if (name.equals("explain")) {
      result.put("paths", explained.stream().map(CacheRequests::toJson).toList());
    }
    return result;
  }

  private static Map<String, @Nullable Object> fsck(
      CacheCheck check, boolean repair, ControlTask task) throws ControlRefusal {
    CheckJob job = new CheckJob(repair);
    task.follow(() -> CheckJson.toJson(job.report()), job::cancel);
    try {
      check.run(job);
    } catch (CheckException e) {
      throw new ControlRefusal(String.valueOf(e.getMessage()));
    }
    return CheckJson.toJson(job.report());
  }

  private static List<Explanation> work(String name, Map<?, ?> request, CacheAdmin admin, Job job)
      throws ControlRefusal {
    Selection selection = selection(request);
    switch (name) {
      case "warm" -> admin.warm(selection, warmOptions(request), job);
      case "pin" -> admin.pin(selection, threads(request), job);
      case "unpin" -> admin.unpin(selection, job);
      case "evict" -> admin.evict(selection, job);
      case "invalidate" -> admin.invalidate(selection, job);
      case "explain" -> {
        return admin.explain(selection, job);
      }
      default -> throw new ControlRefusal("unknown request " + name);
    }
    return List.of();
  }

  private static Selection selection(Map<?, ?> request) {
    return new Selection(
        texts(request.get("paths")),
        texts(request.get("globs")),
        !Boolean.FALSE.equals(request.get("recursive")));
  }

  private static List<String> texts(@Nullable Object value) {
    List<String> texts = new ArrayList<>();
    if (value instanceof List<?> list) {
      list.forEach(each -> texts.add(String.valueOf(each)));
    }
    return texts;
  }

  private static WarmOptions warmOptions(Map<?, ?> request) {
    return new WarmOptions(
        threads(request),
        Boolean.TRUE.equals(request.get("metadataOnly")),
        "high".equals(request.get("priority")),
        request.get("maxBytes") instanceof Long most ? most : Long.MAX_VALUE,
        "low".equals(request.get("priority")) ? 1 : 0);
  }

  private static int threads(Map<?, ?> request) {
    long wanted =
        request.get("threads") instanceof Long count ? count : WarmOptions.DEFAULT_THREADS;
    return (int) Math.max(1, Math.min(WarmOptions.MOST_THREADS, wanted));
  }

  private static Map<String, @Nullable Object> toJson(Explanation explained) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("path", explained.path());
    json.put("size", explained.attributes().size());
    json.put("modified", instant(explained.attributes().modified()));
    json.put("changed", instant(explained.attributes().changed()));
    json.put("checkedAt", instant(explained.checkedAtMillis()));
    json.put(
        "lifetimeSeconds",
        explained.lifetimeNanos() == Long.MAX_VALUE ? null : explained.lifetimeNanos() / 1e9);
    json.put("watched", explained.watched());
    json.put("pinned", explained.pinned());
    json.put("openForWriting", explained.openForWriting());
    json.put("place", explained.place().name().toLowerCase(Locale.ROOT));
    json.put("complete", explained.complete());
    json.put("storedBytes", explained.storedBytes());
    json.put("fetchedAt", instant(explained.fetchedAtMillis()));
    json.put("usedAt", instant(explained.usedAtMillis()));
    List<Map<String, Object>> ranges = new ArrayList<>();
    for (ByteRange range : explained.ranges()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("offset", range.offset());
      entry.put("length", range.length());
      ranges.add(entry);
    }
    json.put("ranges", ranges);
    json.put("whyNot", explained.whyNot());
    json.put("mode", explained.mode().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    return json;
  }

  private static String instant(Timestamp time) {
    return Instant.ofEpochSecond(time.seconds(), time.nanos()).toString();
  }

  private static @Nullable String instant(long millis) {
    return millis == 0 ? null : Instant.ofEpochMilli(millis).toString();
  }
}
