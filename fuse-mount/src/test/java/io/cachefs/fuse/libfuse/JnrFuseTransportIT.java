package io.cachefs.fuse.libfuse;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.process.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mounts through libfuse 2 and what only that can show; shells do what users would. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class JnrFuseTransportIT {
  private static final String NOTHING_LEFT = "ENDED inodes=1 handles=0";

  @BeforeEach
  void requireFuse() {
    Require.fuse();
    Require.root();
  }

  @Test
  void mount_showsNameTypeAndFlags() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start("ro", "noexec", "fsname=nas,a b")) {
      List<String> lines = daemon.shell("grep 'cachefs\\\\040libfuse' /proc/self/mountinfo");
      assertThat(lines)
          .singleElement()
          .asString()
          .contains("ro,nosuid,nodev,noexec", "- fuse.cachefs nas,a\\040b", "allow_other")
          .contains("default_permissions");
      assertThat(daemon.shell("touch x 2>&1 || true"))
          .singleElement()
          .asString()
          .contains("Read-only file system");
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT, "THREADS 0");
    }
  }

  @Test
  void names_areBytes() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start()) {
      String make =
          """
          a=$(printf 'x\\377') b=$(printf 'x\\376') c=$(printf 'x\\357\\277\\275')
          echo 1 > "$a"; echo 2 > "$b"; echo 3 > "$c"
          mkdir "$(printf 'd\\200')"; mv "$a" "$(printf 'd\\200')/$b"
          """;
      daemon.shell(make);
      String list =
          "find . -type f | LC_ALL=C sort | od -An -tx1 | tr -d ' \\n'; cat x* */* | sort";
      List<String> seen = daemon.shell(list);
      assertThat(seen).isEqualTo(daemon.shell("cd ../source; " + list));
      assertThat(seen).endsWith("2", "3");
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT);
    }
  }

  @Test
  void unlinkedOpenFile_keepsWorkingAndIsNotSeen() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start()) {
      String script =
          """
          mkdir d; echo one > d/f; exec 3<>d/f; rm d/f
          stat -L -c 'links %h' /proc/self/fd/3
          echo three >&3; chmod 600 /proc/self/fd/3; stat -L -c 'mode %a size %s' /proc/self/fd/3
          echo "names $(ls -A d | wc -l) source $(ls -A ../source/d | wc -l)"
          echo other > d/g; exec 4<d/g; echo new > d/h; mv d/h d/g
          cat <&4; cat d/g
          exec 4<&-; rm d/g; cat /proc/self/fd/3
          rmdir d && echo removed; echo more >&3 && echo written
          """;
      assertThat(daemon.shell("bash -c '" + script.replace("'", "'\\''") + "'"))
          .containsExactly(
              "links 0",
              "mode 600 size 6",
              "names 0 source 0",
              "other",
              "new",
              "three",
              "removed",
              "written");
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT);
    }
  }

  @Test
  void setUidBit_goesWithAWriteOfOthers() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start()) {
      String script =
          """
          for f in w t c; do echo x > $f; chmod 6777 $f; done
          setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'echo y >> w; truncate -s 1 t'
          chown 1:1 c
          stat -c '%n %a' c t w; cd ../source; stat -c '%n %a' c t w
          """;
      assertThat(daemon.shell(script))
          .containsExactly("c 777", "t 777", "w 777", "c 777", "t 777", "w 777");
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT);
    }
  }

  @Test
  void ownerAndUmaskOptions_areShown() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start("uid=12", "gid=34", "umask=077")) {
      assertThat(daemon.shell("echo x > ../source/f; chmod 0755 ../source/f; stat -c '%u %g %a' f"))
          .containsExactly("12 34 700");
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT);
    }
  }

  @Test
  void umount_byOthers_endsTheSession() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start()) {
      daemon.shell("mkdir d; echo x > d/f; find . > /dev/null; cd /; umount \"$1\"");
      assertThat(daemon.process().awaitExit(MountedDaemon.LIMIT)).isZero();
      assertThat(daemon.process().output()).contains("FAULTS 0", NOTHING_LEFT, "THREADS 0");
    }
  }

  @Test
  void close_whileInUse_cutsTheUsersOff() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start();
        ChildProcess user =
            ChildProcess.start(
                "sh",
                "-c",
                "exec 3>\"$1/f\"; echo in; sleep 60",
                "sh",
                daemon.mountPoint().toString())) {
      user.awaitLine("in", MountedDaemon.LIMIT);
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT, "THREADS 0");
      assertThat(Files.readString(Path.of("/proc/self/mounts")))
          .doesNotContain(daemon.mountPoint().toString().replace(" ", "\\040"));
    }
  }

  @Test
  void mount_overContent_isRefusedInOneSentence() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start()) {
      try (ChildProcess second =
          ChildProcess.java(
              LibFuseDaemon.class, daemon.source().toString(), daemon.base().toString())) {
        assertThat(second.awaitLine("FAILED", MountedDaemon.LIMIT)).contains("is not empty");
      }
      assertThat(daemon.unmount()).contains(NOTHING_LEFT);
    }
  }

  @Test
  void manyClients_shareABoundedNumberOfThreads() throws IOException {
    try (MountedDaemon daemon = MountedDaemon.start("threads=4")) {
      String script =
          """
          for n in 1 2 3 4 5 6; do
            (mkdir $n; for i in $(seq 50); do echo $n-$i > $n/$i; mv $n/$i $n/x$i; done;
             cat $n/x* | wc -l) &
          done; wait
          """;
      assertThat(daemon.shell(script)).hasSize(6).containsOnly("50");
      daemon.process().send("status");
      String status = daemon.process().awaitLine("STATUS", MountedDaemon.LIMIT);
      assertThat(status).matches("STATUS threads=[1-4]");
      assertThat(daemon.unmount()).contains("FAULTS 0", NOTHING_LEFT, "THREADS 0");
    }
  }
}
