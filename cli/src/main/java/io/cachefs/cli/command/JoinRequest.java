package io.cachefs.cli.command;

import io.cachefs.base.FsException;
import io.cachefs.cli.control.ControlRefusal;
import io.cachefs.cli.json.RecordJson;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.fuse.MountException;
import io.cachefs.fuse.MountOptions;
import io.cachefs.fuse.select.TransportSelector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The request to mount once more what a process serves, as both sides see it. */
final class JoinRequest {
  static final String NAME = "mount";

  /** In an answer: whether it is mounted now. */
  static final String MOUNTED = "mounted";

  /** In an answer: whether the process is just ending, so that its cache is soon free. */
  static final String ENDING = "ending";

  /** In an answer: one sentence that says why not. */
  static final String REASON = "reason";

  /** In an answer: whether the system refused it, and not the process. */
  static final String FAILED = "failed";

  private JoinRequest() {}

  /** Returns the fields of a request. */
  static Map<String, @Nullable Object> fields(
      CacheFsConfig config, Path mountPoint, MountOptions options, String transport) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("mountPoint", mountPoint.toString());
    fields.put("namespace", mountNamespace());
    fields.put("transport", transport);
    fields.put("listings", config.listingLifetime().toString());
    fields.put("options", RecordJson.of(options));
    fields.put("config", comparable(config));
    return fields;
  }

  /** What tells the mounts that this process sees from those of a container, for example. */
  private static String mountNamespace() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /** What all mounts of a process have in common; each has a lifetime of listings of its own. */
  private static Map<String, @Nullable Object> comparable(CacheFsConfig config) {
    return RecordJson.of(config.withListingLifetime(Duration.ZERO).withAbsent(null));
  }

  /**
   * Mounts, if what is asked for is what the process serves.
   *
   * @param at where the mount is whose socket was asked
   */
  static Map<String, @Nullable Object> answer(ServedMounts mounts, Path at, Map<?, ?> request)
      throws ControlRefusal {
    String reason = whyNot(mounts.config(), at, request);
    if (!reason.isEmpty()) {
      return refusal(reason, false);
    }
    try {
      boolean mounted =
          mounts.add(
              Path.of(text(request, "mountPoint")),
              RecordJson.to(MountOptions.class, map(request, "options")),
              TransportSelector.select(text(request, "transport"), System::nanoTime),
              Duration.parse(text(request, "listings")));
      Map<String, @Nullable Object> answer = new LinkedHashMap<>();
      answer.put(mounted ? MOUNTED : ENDING, true);
      return answer;
    } catch (MountException e) {
      return refusal(String.valueOf(e.getMessage()), true);
    } catch (FsException e) {
      return refusal("the source cannot be used: " + e.errno().description(), true);
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      throw new ControlRefusal("the request to mount cannot be read: " + e.getMessage());
    }
  }

  private static Map<String, @Nullable Object> refusal(String reason, boolean failed) {
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put(REASON, reason);
    answer.put(FAILED, failed);
    return answer;
  }

  private static String whyNot(CacheFsConfig config, Path at, Map<?, ?> request)
      throws ControlRefusal {
    Map<?, ?> wanted = map(request, "config");
    List<String> different = new ArrayList<>();
    compare(comparable(config), wanted, different);
    boolean elsewhere = !mountNamespace().equals(text(request, "namespace"));
    if (different.isEmpty() && !elsewhere) {
      return "";
    }
    String who =
        "the cache is in use by process "
            + ProcessHandle.current().pid()
            + ", which serves "
            + config.source()
            + " at "
            + at;
    if (elsewhere) {
      return who + " and does not see this mount point: it runs in another mount namespace";
    }
    return who + " with other settings: " + String.join(", ", different);
  }

  private static void compare(Map<?, ?> served, Map<?, ?> wanted, List<String> different) {
    served.forEach(
        (name, value) -> {
          Object other = wanted.get(name);
          if (value instanceof Map<?, ?> nested && other instanceof Map<?, ?> nestedOther) {
            compare(nested, nestedOther, different);
          } else if (!Objects.equals(plain(value), plain(other))) {
            different.add(String.valueOf(name));
          }
        });
  }

  /** Numbers of any size are equal to what became of them as JSON. */
  private static @Nullable Object plain(@Nullable Object value) {
    return value instanceof Integer number ? Long.valueOf(number) : value;
  }

  private static String text(Map<?, ?> request, String name) throws ControlRefusal {
    if (request.get(name) instanceof String text) {
      return text;
    }
    throw new ControlRefusal("the request to mount has no " + name);
  }

  private static Map<?, ?> map(Map<?, ?> request, String name) throws ControlRefusal {
    if (request.get(name) instanceof Map<?, ?> map) {
      return map;
    }
    throw new ControlRefusal("the request to mount has no " + name);
  }
}
