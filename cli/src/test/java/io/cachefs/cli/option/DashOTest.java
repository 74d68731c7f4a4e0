package io.cachefs.cli.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.fuse.MountOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Options after -o, and the units of values. */
class DashOTest {
  private static MountOptions apply(String options) {
    MountSettings settings = new MountSettings(false);
    DashO.apply(options, settings);
    return settings.toOptions(Path.of("/source"), MountOptions.DEFAULT_TIMEOUT);
  }

  @Test
  void everyOptionReachesItsSetting() {
    MountOptions options =
        apply(
            "ro,allow_other,suid,dev,noexec,uid=7,gid=4294967295,umask=027,fsname=a\\,b,"
                + "max_read=128K,attr_timeout=10,entry_timeout=0.5,negative_timeout=2m,nonempty");
    assertThat(options.readOnly()).isTrue();
    assertThat(options.allowOther()).isTrue();
    assertThat(options.allowSetUid()).isTrue();
    assertThat(options.allowDevices()).isTrue();
    assertThat(options.allowExecute()).isFalse();
    assertThat(options.uid()).isEqualTo(7);
    assertThat(options.gid()).isEqualTo(-1);
    assertThat(options.umask()).isEqualTo(027);
    assertThat(options.fsName()).isEqualTo("a,b");
    assertThat(options.maxRead()).isEqualTo(131_072);
    assertThat(options.attributeTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(options.entryTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(options.negativeTimeout()).isEqualTo(Duration.ofMinutes(2));
    assertThat(options.nonEmpty()).isTrue();
  }

  @Test
  void theLastOfTwoOppositesWins() {
    assertThat(apply("ro,rw").readOnly()).isFalse();
    assertThat(apply("exec,noexec").allowExecute()).isFalse();
  }

  @Test
  void whatIsForMountAloneChangesNothing() {
    assertThat(apply("defaults,noauto,user,_netdev,x-systemd.automount,nofail,comment=mine,"))
        .isEqualTo(MountOptions.defaults("/source", false));
  }

  @Test
  void optionsOfTheCacheAreKeptForIt() {
    MountSettings settings = new MountSettings(false);
    DashO.apply("cache_size=2G,include=*.a,include=*.b,no_watch,ro", settings);
    assertThat(settings.cache())
        .isEqualTo(
            Map.of(
                "cache-size", List.of("2G"),
                "include", List.of("*.a", "*.b"),
                "watch", List.of("false")));
  }

  @ParameterizedTest
  @CsvSource({"1,1000", "0.25,250", "10s,10000", "250ms,250", "1m,60000", "2h,7200000", "0,0"})
  void durations(String text, long millis) {
    assertThat(Units.duration(text)).isEqualTo(Duration.ofMillis(millis));
    assertThat(Units.duration(Units.text(Units.duration(text)))).isEqualTo(Units.duration(text));
  }

  @ParameterizedTest
  @CsvSource({"4096,4096", "4k,4096", "1M,1048576", "1MiB,1048576", "1G,1073741824"})
  void sizes(String text, int bytes) {
    assertThat(Units.size(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"-1", "1x", "''", "9999999d", "1e9"})
  void otherDurationsAreRefused(String text) {
    assertThatThrownBy(() -> Units.duration(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"-1", "3G", "99999999999999999999", "k"})
  void otherSizesAreRefused(String text) {
    assertThatThrownBy(() -> Units.size(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
