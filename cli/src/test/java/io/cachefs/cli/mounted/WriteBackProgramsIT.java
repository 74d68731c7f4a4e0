package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.random.Seeds;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What people run on a mount that writes back, whose daemon is killed in between: each program
 * finds its files whole when it goes on, and the source has the same in the end.
 */
@ExtendWith(Seeds.class)
@Timeout(300)
class WriteBackProgramsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int KILLS = 3;

  /** Makes a repository, a database in each mode of its journal, a build and copies of both. */
  private static final String BEGIN =
      """
      export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=a
      export GIT_COMMITTER_EMAIL=a@x GIT_CONFIG_GLOBAL=/dev/null
      git init -q -b main repo; cd repo
      for i in $(seq 1 60); do mkdir -p d$((i % 7)); seq $i $((i + 200)) > d$((i % 7))/f$i; done
      git add -A; git commit -qm first; cd ..
      for mode in delete wal; do
        sqlite3 $mode.db "pragma journal_mode=$mode; create table t(a integer primary key, b text);"
      done
      mkdir proj; cd proj
      for i in 1 2 3; do printf 'int f%d(int x) { return x * %d; }\\n' $i $i > f$i.c; done
      printf 'int main(void) { return 0; }\\n' > main.c
      printf 'prog: main.o f1.o f2.o f3.o\\n\\t$(CC) -o $@ $^\\n' > Makefile
      cd ..; tar -cf proj.tar proj
      """;

  /** Works until the daemon is gone; what it prints was done. */
  private static final String WORK =
      """
      export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=a
      export GIT_COMMITTER_EMAIL=a@x GIT_CONFIG_GLOBAL=/dev/null
      rm -f repo/.git/*.lock repo/.git/refs/heads/*.lock
      i=$((ROUND * 1000))
      while true; do
        i=$((i + 1))
        sqlite3 delete.db "insert into t values($i, 'x')"; echo "delete $i"
        sqlite3 wal.db "insert into t values($i, 'x')"; echo "wal $i"
        echo $i > repo/new$i; git -C repo add -A; git -C repo commit -qm "c$i"; echo "git $i"
        touch proj/f2.c; make -s -C proj; proj/prog
        rsync -a --delete proj/ copy/
        tar -xf proj.tar
      done
      """;

  private static final String CHECK =
      """
      test "$(sqlite3 delete.db 'pragma integrity_check')" = ok
      test "$(sqlite3 wal.db 'pragma integrity_check')" = ok
      rm -f repo/.git/*.lock repo/.git/refs/heads/*.lock
      git -C repo fsck --strict; git -C repo log --format=%s > /dev/null
      """;

  @Test
  void programs_whenTheDaemonIsKilledBetween_goOnWithWholeFiles()
      throws IOException, InterruptedException {
    Random random = Seeds.random("programs");
    try (KilledMount mount = KilledMount.make("--write-delay=50ms")) {
      mount.start();
      String unused = TestMount.runIn(mount.mountPoint(), LIMIT, BEGIN);
      for (int round = 1; round <= KILLS; round++) {
        long life = 1_500L + random.nextInt(1_500);
        Thread killer =
            new Thread(
                () -> {
                  try {
                    Thread.sleep(life);
                    mount.kill();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
        killer.start();
        String done =
            TestMount.runIn(
                mount.mountPoint(),
                LIMIT,
                "export ROUND=" + round + "; set +e; ( set -e; " + WORK + " ) 2>/dev/null; true");
        killer.join();
        mount.clear();
        mount.start();
        assertThat(done).as(Seeds.hint()).contains("delete " + (round * 1000 + 1));
        unused = TestMount.runIn(mount.mountPoint(), LIMIT, CHECK + expectations(done));
      }
      assertThat(mount.differencesAtLast(Duration.ofSeconds(60))).as(Seeds.hint()).isEmpty();
      unused = TestMount.runIn(mount.source(), LIMIT, CHECK + "make -q -C proj || true");
    }
  }

  /** Returns a script that looks for all that the programs said they had done. */
  private static String expectations(String done) {
    StringBuilder script = new StringBuilder();
    for (String line : done.split("\n", -1)) {
      String[] words = line.split(" ", -1);
      if (words.length != 2) {
        continue;
      }
      if (words[0].equals("git")) {
        script.append("git -C repo log --format=%s | grep -qx c").append(words[1]).append("; ");
      } else {
        script.append("test \"$(sqlite3 ").append(words[0]).append(".db 'select count(*) from t ");
        script.append("where a = ").append(words[1]).append("')\" = 1; ");
      }
    }
    return script.toString();
  }
}
