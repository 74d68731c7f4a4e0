package io.cachefs.cli.option;

import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.DirtyLimits;
import io.cachefs.engine.config.CacheSettings.Eviction;
import io.cachefs.engine.config.CacheSettings.Fetching;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.Limits;
import io.cachefs.engine.config.CacheSettings.OnConflict;
import io.cachefs.engine.config.CacheSettings.Rule;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.engine.config.CacheSettings.Verify;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.WriteRule;
import io.cachefs.engine.config.CacheSettings.Writing;
import io.cachefs.engine.config.WriteMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The settings of a cache while file, options and flags are applied. Owned by one thread. */
final class CacheChoice {
  private static final Pattern MODE =
      Pattern.compile("(strict|close-to-open|exclusive)|ttl=(.+)", Pattern.DOTALL);
  private static final Pattern RULE =
      Pattern.compile("(.+)=(strict|close-to-open|exclusive|ttl=[^=]+)", Pattern.DOTALL);

  private static final Pattern WRITE_RULE = Pattern.compile("(.+)=([^=]+)", Pattern.DOTALL);

  boolean cached = true;
  @Nullable Path directory;
  private Consistency consistency = Consistency.CLOSE_TO_OPEN;
  private @Nullable Duration ttl;
  private List<Rule> rules = List.of();
  WriteMode mode = Writing.DEFAULT.mode();
  private List<WriteRule> writeRules = List.of();
  boolean syncsAtSource = WriteBackCare.DEFAULT.syncsAtSource();
  OnConflict onConflict = WriteBackCare.DEFAULT.onConflict();
  int flushers = WriteBackCare.DEFAULT.flushers();
  Duration writeDelay = WriteBackCare.DEFAULT.delay();
  DirtyLimits dirty = WriteBackCare.DEFAULT.dirty();
  @Nullable Duration attributeTtl;
  @Nullable Duration nameTtl;
  @Nullable Duration absenceTtl;
  @Nullable Duration dataTtl;

  long diskBytes = Limits.DEFAULT.diskBytes();
  long files = Limits.DEFAULT.files();
  long freeBytes = Limits.DEFAULT.freeBytes();
  long freeInodes = Limits.DEFAULT.freeInodes();
  long memoryBytes = Limits.DEFAULT.memoryBytes();
  long metadataBytes = Limits.DEFAULT.metadataBytes();
  @Nullable Long pinnedBytes;
  Eviction eviction = Limits.DEFAULT.eviction();
  Duration evictionTtl = Limits.DEFAULT.ttl();

  Verify verify = Fetching.DEFAULT.verify();
  int inlineMax = Fetching.DEFAULT.inlineMax();
  long maxFileBytes = Fetching.DEFAULT.maxFileBytes();
  List<String> include = List.of();
  List<String> exclude = List.of();
  int streams = Fetching.DEFAULT.streams();
  long readAheadBytes = Fetching.DEFAULT.readAheadBytes();
  boolean directories = Fetching.DEFAULT.directories();
  int shards = Fetching.DEFAULT.shards();

  Duration deadline = SourceCare.DEFAULT.deadline();
  boolean waitsOffline = SourceCare.DEFAULT.waitsOffline();
  boolean watch = SourceCare.DEFAULT.watch();

  /** Takes {@code strict}, {@code close-to-open}, {@code exclusive} or {@code ttl=TIME}. */
  void consistency(String text) {
    Rule mode = mode("", text);
    consistency = mode.consistency();
    ttl = consistency == Consistency.TTL ? mode.ttl() : null;
  }

  /** Takes rules of the form {@code GLOB=MODE}. */
  void rules(List<String> texts) {
    List<Rule> read = new ArrayList<>();
    for (String text : texts) {
      Matcher matcher = RULE.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' is not GLOB=MODE, as in '*.iso=exclusive' or 'src/**=ttl=1m'");
      }
      Units.globs(List.of(matcher.group(1)));
      read.add(mode(matcher.group(1), matcher.group(2)));
    }
    rules = read;
  }

  /** Takes rules of the form {@code GLOB=MODE} about writes. */
  void writeRules(List<String> texts) {
    List<WriteRule> read = new ArrayList<>();
    for (String text : texts) {
      Matcher matcher = WRITE_RULE.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "'" + text + "' is not GLOB=MODE, as in '*.log=write-around'");
      }
      Units.globs(List.of(matcher.group(1)));
      read.add(new WriteRule(matcher.group(1), Units.word(matcher.group(2), WriteMode.class)));
    }
    writeRules = read;
  }

  private static Rule mode(String glob, String text) {
    Matcher matcher = MODE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not one of strict, close-to-open, ttl=TIME, exclusive");
    }
    if (matcher.group(1) == null) {
      return new Rule(glob, Consistency.TTL, Units.duration(matcher.group(2)));
    }
    return new Rule(glob, Units.word(matcher.group(1), Consistency.class), Duration.ZERO);
  }

  private WriteBackCare back() {
    WriteBackCare standard = WriteBackCare.DEFAULT;
    return new WriteBackCare(
        writeDelay, standard.openDelay(), syncsAtSource, false, onConflict, flushers, dirty);
  }

  /** Returns the settings for a cache in this directory. */
  CacheSettings toSettings(Path place) {
    Lifetimes standard = ttl == null ? Lifetimes.DEFAULT : Lifetimes.all(ttl);
    Lifetimes lifetimes =
        new Lifetimes(
            attributeTtl == null ? standard.attributes() : attributeTtl,
            nameTtl == null ? standard.names() : nameTtl,
            absenceTtl == null ? standard.absentNames() : absenceTtl,
            dataTtl == null ? standard.data() : dataTtl);
    if (mode == WriteMode.WRITE_BACK && !writeRules.isEmpty()) {
      throw new IllegalArgumentException(
          "--mode=write-back is for all files: --mode-rule cannot be given with it");
    }
    long quota = pinnedBytes == null ? diskBytes / 2 : pinnedBytes;
    if (quota > diskBytes) {
      throw new IllegalArgumentException(
          "--pin-quota "
              + Units.text(quota)
              + " is more than --cache-size "
              + Units.text(diskBytes));
    }
    if (dirty.bytes() > diskBytes / 2) {
      throw new IllegalArgumentException(
          "--dirty-limit "
              + Units.text(dirty.bytes())
              + " is more than half of --cache-size "
              + Units.text(diskBytes));
    }
    Limits limits =
        new Limits(
            diskBytes,
            files,
            freeBytes,
            freeInodes,
            memoryBytes,
            metadataBytes,
            quota,
            eviction,
            evictionTtl);
    Fetching fetching =
        new Fetching(
            verify,
            inlineMax,
            maxFileBytes,
            include,
            exclude,
            streams,
            readAheadBytes,
            directories,
            shards);
    return new CacheSettings(
        place,
        consistency,
        rules,
        lifetimes,
        limits,
        fetching,
        new SourceCare(deadline, waitsOffline, watch),
        new Writing(mode, writeRules, back()));
  }
}
