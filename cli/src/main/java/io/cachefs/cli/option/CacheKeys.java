package io.cachefs.cli.option;

import io.cachefs.engine.config.CacheSettings.Eviction;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.engine.config.CacheSettings.Verify;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Every setting of the cache, once for all the ways to give it. */
final class CacheKeys {
  private static final Limits LIMITS = Limits.DEFAULT;
  private static final Fetching FETCHING = Fetching.DEFAULT;
  private static final SourceCare SOURCE = SourceCare.DEFAULT;
  private static final Lifetimes LIFETIMES = Lifetimes.DEFAULT;

  private static final long LEAST_MEMORY = 0;
  private static final long LEAST_METADATA = 1L << 20;
  private static final int MOST_INLINE = 64 << 10;
  private static final int MOST_STREAMS = 256;
  private static final int MOST_SHARDS = 1024;

  private static final List<CacheKey> PLACE_AND_LIMITS =
      List.of(
          CacheKey.value(
              "cache-dir",
              "DIR",
              "Where the cache is kept (default: see below).",
              (c, v) -> c.directory = Path.of(Units.text(v))),
          CacheKey.onOff("cache", "Cache at all (default: yes).", (c, v) -> c.cached = v),
          CacheKey.value(
              "cache-size",
              "SIZE",
              "Most the cache directory may take" + byDefault(Units.text(LIMITS.diskBytes())),
              (c, v) -> c.diskBytes = Units.bytes(v, Limits.MIN_DISK_BYTES)),
          CacheKey.value(
              "cache-files",
              "COUNT",
              "Most files whose content is kept" + byDefault(LIMITS.files()),
              (c, v) -> c.files = Units.count(v, 1)),
          CacheKey.value(
              "free-space",
              "SIZE",
              "What the cache leaves free on its disk" + byDefault(Units.text(LIMITS.freeBytes())),
              (c, v) -> c.freeBytes = Units.bytes(v, 0)),
          CacheKey.value(
              "free-inodes",
              "COUNT",
              "Inodes the cache leaves free on its disk" + byDefault(LIMITS.freeInodes()),
              (c, v) -> c.freeInodes = Units.count(v, 0)),
          CacheKey.value(
              "memory",
              "SIZE",
              "Memory for content" + byDefault(Units.text(LIMITS.memoryBytes())),
              (c, v) -> c.memoryBytes = Units.bytes(v, LEAST_MEMORY)),
          CacheKey.value(
              "metadata-memory",
              "SIZE",
              "Memory for names and attributes" + byDefault(Units.text(LIMITS.metadataBytes())),
              (c, v) -> c.metadataBytes = Units.bytes(v, LEAST_METADATA)),
          CacheKey.value(
              "pin-quota",
              "SIZE",
              "Most that pinned files may take (default: half of --cache-size).",
              (c, v) -> c.pinnedBytes = Units.bytes(v, 0)),
          CacheKey.value(
              "eviction",
              "POLICY",
              "Which content leaves the disk first: "
                  + words(Eviction.class)
                  + byDefault(word(LIMITS.eviction())),
              (c, v) -> c.eviction = Units.word(v, Eviction.class)),
          CacheKey.value(
              "eviction-ttl",
              "TIME",
              "With --eviction=ttl, how long content stays" + byDefault(Units.text(LIMITS.ttl())),
              (c, v) -> c.evictionTtl = Units.duration(v)));

  private static final List<CacheKey> FRESHNESS =
      List.of(
          CacheKey.value(
              "consistency",
              "MODE",
              "When the source is asked again: strict (always), close-to-open (at each open),"
                  + " ttl=TIME, exclusive (never) (default: close-to-open).",
              CacheChoice::consistency),
          CacheKey.list(
              "consistency-rule",
              "GLOB=MODE",
              "Another mode for the files whose path fits; the first rule that fits counts.",
              CacheChoice::rules),
          CacheKey.value(
              "mode",
              "MODE",
              "What has happened when a write returns: write-through (the source and the cache have"
                  + " it), write-around (the source has it, the cache nothing of the file),"
                  + " write-back (a local journal has it; on trial)"
                  + byDefault(word(Writing.DEFAULT.mode())),
              (c, v) -> c.mode = Units.word(v, WriteMode.class)),
          CacheKey.list(
              "mode-rule",
              "GLOB=MODE",
              "Another mode of writing for the files whose path fits; the first that fits counts.",
              CacheChoice::writeRules),
          CacheKey.value(
              "attr-ttl",
              "TIME",
              "How long attributes are used" + byDefault(Units.text(LIFETIMES.attributes())),
              (c, v) -> c.attributeTtl = Units.duration(v)),
          CacheKey.value(
              "entry-ttl",
              "TIME",
              "How long names are used" + byDefault(Units.text(LIFETIMES.names())),
              (c, v) -> c.nameTtl = Units.duration(v)),
          CacheKey.value(
              "negative-ttl",
              "TIME",
              "How long a name counts as absent" + byDefault(Units.text(LIFETIMES.absentNames())),
              (c, v) -> c.absenceTtl = Units.duration(v)),
          CacheKey.value(
              "data-ttl",
              "TIME",
              "How long content is used whatever its version says (default: for ever).",
              (c, v) -> c.dataTtl = Units.duration(v)));

  private static final List<CacheKey> CONTENT =
      List.of(
          CacheKey.value(
              "verify",
              "WHEN",
              "When cached bytes are compared with their checksums: "
                  + words(Verify.class)
                  + byDefault(word(FETCHING.verify())),
              (c, v) -> c.verify = Units.word(v, Verify.class)),
          CacheKey.value(
              "inline-max",
              "SIZE",
              "Files up to this size are kept in the index"
                  + byDefault(Units.text((long) FETCHING.inlineMax())),
              (c, v) -> c.inlineMax = (int) Units.bytes(v, 0, MOST_INLINE)),
          CacheKey.value(
              "max-file-size",
              "SIZE",
              "Larger files are not cached (default: no limit).",
              (c, v) -> c.maxFileBytes = Units.bytes(v, 0)),
          CacheKey.list(
              "include",
              "GLOB",
              "Cache only the content of files whose path fits; may be given several times.",
              (c, v) -> c.include = Units.globs(v)),
          CacheKey.list(
              "exclude",
              "GLOB",
              "Never cache the content of files whose path fits; may be given several times.",
              (c, v) -> c.exclude = Units.globs(v)),
          CacheKey.value(
              "streams",
              "COUNT",
              "Most reads of the source at the same time" + byDefault(FETCHING.streams()),
              (c, v) -> c.streams = Units.number(v, 1, MOST_STREAMS)),
          CacheKey.value(
              "read-ahead",
              "SIZE",
              "Most that is read ahead of one open file"
                  + byDefault(Units.text(FETCHING.readAheadBytes())),
              (c, v) -> c.readAheadBytes = Units.bytes(v, 0)),
          CacheKey.onOff(
              "prefetch",
              "Fetch the small files of a directory being walked ahead (default: yes).",
              (c, v) -> c.directories = v),
          CacheKey.value(
              "shards",
              "COUNT",
              "Parts of the memory for content, a power of two (default: by the processors).",
              (c, v) -> c.shards = Units.powerOfTwo(v, MOST_SHARDS)),
          CacheKey.value(
              "source-timeout",
              "TIME",
              "How long one call on a source that may hang is waited for"
                  + byDefault(Units.text(SOURCE.deadline())),
              (c, v) -> c.deadline = Units.someTime(v)),
          CacheKey.value(
              "offline",
              "fail|wait",
              "What happens to what is not cached while the source is down (default: fail).",
              (c, v) -> c.waitsOffline = Units.oneOf(v, List.of("fail", "wait")).equals("wait")),
          CacheKey.onOff(
              "watch",
              "Watch a source on a local disk for changes (default: yes).",
              (c, v) -> c.watch = v));

  private CacheKeys() {}

  static List<List<CacheKey>> groups() {
    return List.of(PLACE_AND_LIMITS, FRESHNESS, CONTENT, WriteBackKeys.ALL);
  }

  /** Returns a key by its name, with {@code -} or {@code _}. */
  static Optional<CacheKey> find(String name) {
    String wanted = name.replace('_', '-');
    return groups().stream()
        .flatMap(List::stream)
        .filter(key -> key.name().equals(wanted))
        .findFirst();
  }

  static String byDefault(Object value) {
    return " (default: " + value + ").";
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static <E extends Enum<E>> String words(Class<E> type) {
    List<String> words = Arrays.stream(type.getEnumConstants()).map(CacheKeys::word).toList();
    return String.join(", ", words);
  }
}
