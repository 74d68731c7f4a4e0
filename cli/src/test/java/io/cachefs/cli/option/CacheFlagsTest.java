package io.cachefs.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Eviction;
import io.cachefs.engine.config.CacheSettings.OnConflict;
import io.cachefs.engine.config.CacheSettings.Rule;
import io.cachefs.engine.config.CacheSettings.Verify;
import io.cachefs.engine.config.CacheSettings.WriteBackCare;
import io.cachefs.engine.config.CacheSettings.WriteRule;
import io.cachefs.engine.config.WriteMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** The settings of the cache by flags, options after -o and a file. */
class CacheFlagsTest {
  private static final Path STANDARD = Path.of("/standard");

  @TempDir Path directory;

  @Command(name = "probe")
  static final class Probe {}

  private static @Nullable CacheSettings parse(Map<String, List<String>> dashO, String... args) {
    CommandLine command = new CommandLine(new Probe());
    CacheFlags.addTo(command);
    var ignored = command.parseArgs(args);
    assertThat(ignored.errors()).isEmpty();
    return CacheFlags.settings(command.getCommandSpec(), dashO, STANDARD);
  }

  private static CacheSettings settings(String... args) {
    return Objects.requireNonNull(parse(Map.of(), args));
  }

  @Test
  void withoutFlags_everythingIsTheDefault() {
    assertThat(settings()).isEqualTo(CacheSettings.of(STANDARD));
  }

  @Test
  void everyFlagReachesItsSetting() {
    CacheSettings settings =
        settings(
            "--cache-dir=/c",
            "--cache-size=50G",
            "--cache-files=7",
            "--free-space=2G",
            "--free-inodes=8",
            "--memory=1M",
            "--metadata-memory=2M",
            "--pin-quota=3G",
            "--eviction=tinylfu",
            "--eviction-ttl=1d",
            "--consistency=ttl=1h",
            "--consistency-rule=*.iso=exclusive",
            "--consistency-rule=a=b/*=ttl=5s",
            "--mode=write-around",
            "--mode-rule=*.o=write-through",
            "--mode-rule=x=y=write-around",
            "--negative-ttl=3s",
            "--data-ttl=2d",
            "--verify=full",
            "--inline-max=8K",
            "--max-file-size=1T",
            "--include=*.a",
            "--include=*.b",
            "--exclude=*.c",
            "--streams=3",
            "--read-ahead=1M",
            "--no-prefetch",
            "--shards=4",
            "--source-timeout=250ms",
            "--offline=wait",
            "--no-watch");
    assertThat(settings)
        .isEqualTo(
            new CacheSettings(
                Path.of("/c"),
                Consistency.TTL,
                List.of(
                    new Rule("*.iso", Consistency.EXCLUSIVE, Duration.ZERO),
                    new Rule("a=b/*", Consistency.TTL, Duration.ofSeconds(5))),
                new CacheSettings.Lifetimes(
                    Duration.ofHours(1),
                    Duration.ofHours(1),
                    Duration.ofSeconds(3),
                    Duration.ofDays(2)),
                new CacheSettings.Limits(
                    50L << 30,
                    7,
                    2L << 30,
                    8,
                    1 << 20,
                    2 << 20,
                    3L << 30,
                    Eviction.TINYLFU,
                    Duration.ofDays(1)),
                new CacheSettings.Fetching(
                    Verify.FULL,
                    8192,
                    1L << 40,
                    List.of("*.a", "*.b"),
                    List.of("*.c"),
                    3,
                    1 << 20,
                    false,
                    4),
                new CacheSettings.SourceCare(Duration.ofMillis(250), true, false),
                new CacheSettings.Writing(
                    WriteMode.WRITE_AROUND,
                    List.of(
                        new WriteRule("*.o", WriteMode.WRITE_THROUGH),
                        new WriteRule("x=y", WriteMode.WRITE_AROUND)))));
  }

  @Test
  void noCache_isNone() {
    assertThat(parse(Map.of(), "--no-cache")).isNull();
    assertThat(parse(Map.of("cache", List.of("false")))).isNull();
    assertThat(parse(Map.of("cache", List.of("false")), "--cache")).isNotNull();
  }

  @Test
  void aFlagWinsOverDashOAndThatOverTheFile() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("c.toml"),
            """
            cache_size = "1G"
            streams = 5
            memory = "3M"
            no-watch = true
            [cache]
            exclude = ["*.x", "*.y"]
            [[rule]]
            glob = "*.log"
            consistency = "strict"
            mode = "write-around"
            """);
    CacheSettings settings =
        Objects.requireNonNull(
            parse(
                Map.of("streams", List.of("6"), "memory", List.of("4M")),
                "--config=" + file,
                "--memory=5M"));
    assertThat(settings.limits().diskBytes()).isEqualTo(1L << 30);
    assertThat(settings.limits().pinnedBytes()).isEqualTo(1L << 29);
    assertThat(settings.fetching().streams()).isEqualTo(6);
    assertThat(settings.limits().memoryBytes()).isEqualTo(5L << 20);
    assertThat(settings.source().watch()).isFalse();
    assertThat(settings.fetching().exclude()).containsExactly("*.x", "*.y");
    assertThat(settings.rules())
        .containsExactly(new Rule("*.log", Consistency.STRICT, Duration.ZERO));
    assertThat(settings.writing().rules())
        .containsExactly(new WriteRule("*.log", WriteMode.WRITE_AROUND));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a = 1 | 1: unknown key 'a'",
        "streams = 0 | 1: streams: 0 is not between 1 and",
        "~memory = \"big\" | 2: memory: 'big' is not a size",
        "[other]~x = 1 | 2: unknown table 'other'",
        "streams = [1, 2] | 1: streams has one value",
        "[[rule]]~glob = \"x\" | 2: a rule needs a glob and",
        "[[rule]]~glob = \"x\"~consistency = \"so\" | 2: 'x=so' is not GLOB=MODE",
        "[[rule]]~glob = \"x\"~mode = \"so\" | 2: 'so' is not one of write-through",
        "mode = \"so\" | 1: mode: 'so' is not one of write-through, write-around",
        "watch = 3 | 1: watch: '3' is not true or false"
      })
  void aBadFileIsRefusedByNameAndLine(String text, String reason) throws IOException {
    Path file = Files.writeString(directory.resolve("c.toml"), text.replace('~', '\n'));
    assertThatThrownBy(() -> settings("--config=" + file))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(file + ":" + reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--cache-size=lots | --cache-size: 'lots' is not a size",
        "--cache-size=1K | --cache-size: '1K' is less than 4M",
        "--cache-files=0 | --cache-files: 0 is less than 1",
        "--pin-quota=11G | --pin-quota 11G is more than --cache-size 10G",
        "--eviction=best | --eviction: 'best' is not one of lru, lfu",
        "--consistency=maybe | --consistency: 'maybe' is not one of strict",
        "--consistency=ttl=x | --consistency: 'x' is not a duration",
        "--consistency-rule=x | --consistency-rule: 'x' is not GLOB=MODE",
        "--mode=write-maybe | --mode: 'write-maybe' is not one of write-through, write-around",
        "--mode-rule=x | --mode-rule: 'x' is not GLOB=MODE",
        "--mode-rule=*.o=x | --mode-rule: 'x' is not one of write-through",
        "--mode-rule=*.o=write-back | --mode-rule: write-back is for all files or for none",
        "--include=[ | --include: '[' is not a glob",
        "--shards=3 | --shards: 3 is not a power of two",
        "--source-timeout=0 | --source-timeout: '0' is no time at all",
        "--fsync=never | --fsync: 'never' is not one of local, source",
        "--conflict=mine | --conflict: 'mine' is not one of keep-both, ours, theirs",
        "--flushers=0 | --flushers: 0 is not between 1 and 64",
        "--dirty-limit=1G,2,3,4 | --dirty-limit: '1G,2,3,4' is not BYTES",
        "--dirty-limit=6G | --dirty-limit 6G is more than half of --cache-size 10G",
        "--offline=sleep | --offline: 'sleep' is not one of fail, wait",
        "--inline-max=1M | --inline-max: '1M' is more than 64K",
        "--config=/no/such | --config: /no/such does not exist"
      })
  void aBadValueIsRefused(String flag, String reason) {
    assertThatThrownBy(() -> settings(flag))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void theFlagsOfWriteBackReachTheirSettings() throws IOException {
    Path file = Files.writeString(directory.resolve("c.toml"), "conflict = \"ours\"\nflushers = 2");
    WriteBackCare care =
        Objects.requireNonNull(
                parse(
                    Map.of("fsync", List.of("source")),
                    "--config=" + file,
                    "--conflict=theirs",
                    "--write-delay=3s"))
            .writing()
            .back();
    assertThat(care.syncsAtSource()).isTrue();
    assertThat(care.onConflict()).isEqualTo(OnConflict.THEIRS);
    assertThat(care.flushers()).isEqualTo(2);
    assertThat(care.delay()).isEqualTo(Duration.ofSeconds(3));
    assertThat(care.dirty()).isEqualTo(CacheSettings.DirtyLimits.DEFAULT);
    CacheSettings.DirtyLimits dirty =
        new CacheSettings.DirtyLimits(
            2L << 30, 1000, Duration.ofMinutes(5), care.dirty().patience());
    for (String text : List.of("2G,1000,5m", "2G:1000:5m")) {
      CacheSettings given =
          Objects.requireNonNull(parse(Map.of("dirty-limit", List.of(text)), new String[0]));
      assertThat(given.writing().back().dirty()).isEqualTo(dirty);
    }
  }

  @Test
  void writeBack_withRules_isRefused() {
    assertThatThrownBy(() -> settings("--mode=write-back", "--mode-rule=*.o=write-around"))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("--mode=write-back is for all files");
  }
}
