package io.cachefs.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of flushes.
 *
 * @param all operations that were to be sent
 * @param left changes that are not at the source
 * @param changes the first of these
 * @param missing paths that there are not
 * @param end why it ended while some were left, else {@code DONE}
 */
record Flushing(
    long all,
    long left,
    List<Map<String, @Nullable Object>> changes,
    String end,
    List<String> missing) {
  /** So many of those that are left are listed. */
  static final long LISTED = 1000;

  static Flushing of(List<CacheClient.Answer> answers) {
    long all = 0;
    long left = 0;
    String end = "DONE";
    List<Map<String, @Nullable Object>> changes = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (CacheClient.Answer answer : answers) {
      Map<?, ?> details = answer.details();
      all += number(details, "all");
      String how = String.valueOf(details.get("end"));
      if (!how.equals("DONE")) {
        end = how;
      }
      if (details.get("missing") instanceof List<?> paths) {
        paths.forEach(
            path -> missing.add(answer.mountPoint().resolve(String.valueOf(path)).toString()));
      }
      if (details.get("left") instanceof Map<?, ?> rest) {
        left += number(rest, "all");
        changes.addAll(WriteBackCommand.rows(answer.mountPoint(), rest.get("entries")));
      }
    }
    return new Flushing(all, left, changes, end, missing);
  }

  private static long number(Map<?, ?> map, String name) {
    return map.get(name) instanceof Long number ? number : 0;
  }

  boolean isDone() {
    return end.equals("DONE");
  }
}
