package io.cachefs.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Caller;
import io.cachefs.testing.concurrent.Parallel;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentityTest {
  private final FileCalls calls = new LinuxFileCalls();

  @BeforeEach
  void requireRoot() {
    Require.root();
  }

  /** What the kernel says of the thread: ids, effective capabilities and umask. */
  private static List<String> now() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/thread-self/status"));
    return lines.stream().filter(line -> line.matches("(Uid|Gid|CapEff|Umask):.*")).toList();
  }

  private static String fileSystemId(String key) throws IOException {
    String line = now().stream().filter(l -> l.startsWith(key)).findFirst().orElseThrow();
    return line.substring(line.lastIndexOf('\t') + 1);
  }

  @ParameterizedTest
  @CsvSource({"0,0", "1000,0", "0,1000", "1000,1001", "2147483647,1", "-2,-2"})
  void resumeSelf_afterActingForAnyone_restoresAll(int uid, int gid) throws Exception {
    List<String> before = now();

    calls.actFor(new Caller(uid, gid, 1, 0137), true);
    assertThat(fileSystemId("Uid")).isEqualTo(Integer.toUnsignedString(uid));
    assertThat(fileSystemId("Gid")).isEqualTo(Integer.toUnsignedString(gid));
    assertThat(fileSystemId("Umask")).isEqualTo("0137");
    calls.resumeSelf();

    assertThat(now()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"-1,0", "0,-1", "-1,-1", "1000,-1", "-1,1000"})
  void actFor_nobody_isRefusedAndChangesNothing(int uid, int gid) throws Exception {
    List<String> before = now();

    assertThatThrownBy(() -> calls.actFor(new Caller(uid, gid, 1, 0), true))
        .hasMessageContaining("EPERM");

    assertThat(now()).isEqualTo(before);
  }

  @Test
  void actFor_aUserWithoutOverride_hasNoCapabilityOverFiles() throws Exception {
    calls.actFor(new Caller(1000, 1000, 1, 0), false);
    long capabilities = Long.parseLong(fileSystemId("CapEff"), 16);
    calls.resumeSelf();

    assertThat(capabilities & 0b111).isZero();
  }

  @Test
  void actFor_aUserWithOverride_mayEnterDirectoriesButNotChangeOwners() throws Exception {
    calls.actFor(new Caller(1000, 1000, 1, 0), true);
    long capabilities = Long.parseLong(fileSystemId("CapEff"), 16);
    calls.resumeSelf();

    assertThat(capabilities & 0b111).isEqualTo(0b110);
  }

  @Test
  void actFor_onOneThread_leavesOthersAsTheyAre() throws IOException {
    List<String> before = now();
    CyclicBarrier together = new CyclicBarrier(2);
    Parallel.run(
        2,
        thread -> {
          together.await();
          if (thread == 0) {
            calls.actFor(new Caller(1000, 1000, 1, 0777), true);
            together.await();
            together.await();
            calls.resumeSelf();
          } else {
            together.await();
            assertThat(now()).isEqualTo(before);
            together.await();
          }
        });
  }
}
