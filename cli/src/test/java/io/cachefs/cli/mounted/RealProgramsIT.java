package io.cachefs.cli.mounted;

import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.testing.OncePerMachine;
import io.cachefs.testing.tree.TreeSnapshot;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What people run: each program works on the mount as on a local disk, and the source agrees. */
@Timeout(300)
class RealProgramsIT {
  private static final Duration SHORT = Duration.ofSeconds(60);
  private static final Duration LONG = Duration.ofSeconds(150);

  /** A small C project with its build file. */
  private static final String MAKE_PROJECT =
      """
      mkdir proj; cd proj
      for i in $(seq 1 12); do
        printf 'int f%d(int x) { return x * %d; }\\n' $i $i > f$i.c
      done
      printf 'int main(void) { return 0; }\\n' > main.c
      printf 'OBJS = main.o $(patsubst %%.c,%%.o,$(wildcard f*.c))\\nprog: $(OBJS)\\n\\t$(CC) -o $@ $^\\n' \
        > Makefile
      """;

  private static final String GIT_REPOSITORY =
      """
      export HOME=$PWD GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=a
      export GIT_COMMITTER_EMAIL=a@x GIT_CONFIG_GLOBAL=/dev/null
      git init -q -b main one; cd one
      for i in $(seq 1 300); do mkdir -p d$((i % 17)); seq $i $((i + 200)) > d$((i % 17))/f$i; done
      git add -A; git commit -qm first
      """;

  private @Nullable TestMount mount;

  private TestMount mounted(String flags) {
    TestMount opened = TestMount.open(flags.split(" "));
    mount = opened;
    return opened;
  }

  @BeforeEach
  void nothingIsMounted() {
    mount = null;
  }

  @AfterEach
  void unmount() {
    if (mount != null) {
      mount.close();
    }
  }

  private static void assertSame(TestMount mount) {
    assertThat(TreeSnapshot.of(mount.mountPoint()).diff(TreeSnapshot.of(mount.source()))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--transport=kernel",
        "--transport=kernel --no-passthrough",
        "--transport=jnr-fuse"
      })
  void git_initCommitCloneStatusGcFsck_works(String flags) {
    TestMount mount = mounted(flags);
    mount.run(
        LONG,
        GIT_REPOSITORY
            + "cd ..; git clone -q --no-hardlinks one two; cd two; "
            + "test -z \"$(git status --porcelain)\"; seq 9 > d3/f3; git commit -qam second; "
            + "git gc -q; git fsck --strict; git log --oneline | wc -l; "
            + "cd ../one; git pull -q ../two main; test -z \"$(git status --porcelain)\"");
    assertSame(mount);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--transport=kernel", "--transport=jnr-fuse"})
  void tarAndCpAndRsync_keepEverything(String flags) {
    TestMount mount = mounted(flags);
    mount.run(
        SHORT,
        """
        mkdir a; cd a; seq 1000 > plain; ln plain hard; ln -s plain soft; mkfifo pipe; mkdir -m 2775 sg
        mknod null c 1 3; chmod 4711 plain; chown 1234:4321 sg; truncate -s 10M sparse
        setfattr -n user.colour -v blue plain; touch -d '2001-02-03 04:05:06.123456789' sg
        setfacl -m u:1234:rw plain; cd ..
        cp -a a b; tar --xattrs --acls -cf t.tar a; mkdir c; tar --xattrs --acls -xf t.tar -C c
        rsync -aHAX a/ d/
        # Times of links and nodes are set by some versions of rsync only.
        list() { find . -mindepth 1 -printf '%P %y %m %U %G %s %n %l\\n'
                 find . -mindepth 1 \\( -type f -o -type d \\) -printf '%P %T@\\n'; }
        diff <(cd a; list | sort) <(cd d; list | sort); diff <(cd a; list | sort) <(cd b; list | sort)
        test -z "$(rsync -aHAXni --delete a/ d/)"; test -z "$(rsync -aHAXni --delete a/ b/)"
        getfattr -n user.colour d/plain b/plain c/a/plain; getfacl -c d/plain | grep user:1234:rw
        test $(stat -c %b b/sparse) -lt 100
        """);
    assertSame(mount);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--transport=kernel",
        "--transport=kernel --no-passthrough",
        "--transport=jnr-fuse"
      })
  void sqlite_inBothJournalModes_keepsItsIntegrity(String flags) {
    TestMount mount = mounted(flags);
    String script =
        """
        for mode in delete truncate wal; do
          rm -f t.db*
          { echo "pragma journal_mode=$mode; create table t(a integer primary key, b text);"
            for i in $(seq 1 60); do echo "insert into t(b) values('$i');"; done
            echo "begin;"; for i in $(seq 1 2000); do echo "insert into t(b) values('x$i');"; done
            echo "commit; delete from t where a % 7 = 0; vacuum;"; } | sqlite3 t.db
          # Several writers at once wait for each other's locks.
          for w in 1 2 3 4; do
            ( for i in $(seq 1 15); do
                sqlite3 -cmd '.timeout 20000' t.db "insert into t(b) values('w$w-$i')"; done ) &
          done; wait
          test "$(sqlite3 t.db 'select count(*) from t where b like "w%"')" = 60
          test "$(sqlite3 t.db 'pragma integrity_check')" = ok
        done
        """;
    if (flags.contains("jnr-fuse")) {
      script = script.replace(" wal", "");
    }
    mount.run(LONG, script);
    assertSame(mount);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--transport=kernel", "--transport=jnr-fuse"})
  void make_inParallel_buildsAndThenHasNothingToDo(String flags) {
    TestMount mount = mounted(flags);
    mount.run(
        SHORT, MAKE_PROJECT + "make -s -j4; ./prog; make -q prog; touch f3.c; ! make -q prog");
    assertSame(mount);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--transport=kernel",
        "--transport=kernel --no-passthrough",
        "--transport=jnr-fuse"
      })
  void fio_verifiesWhatItWrote(String flags) {
    TestMount mount = mounted(flags);
    String fio =
        "fio --size=16m --verify=crc32c --verify_fatal=1 --output-format=terse --group_reporting "
            + "--directory=. --thread --fallocate=none ";
    mount.run(
        LONG,
        fio
            + "--name=seq --rw=write --bs=1m --ioengine=psync >/dev/null; "
            + fio
            + "--name=rand --rw=randwrite --bs=4k --numjobs=4 --ioengine=psync >/dev/null; "
            + fio
            + "--name=mixed --rw=randrw --bsrange=512-64k --bs_unaligned --ioengine=psync >/dev/null; "
            + fio
            + "--name=map --rw=randwrite --bs=4k --ioengine=mmap >/dev/null; "
            + fio
            + "--name=direct --rw=randwrite --bs=4k --direct=1 --ioengine=psync >/dev/null");
    assertSame(mount);
  }

  @Tag(OncePerMachine.TAG)
  @ParameterizedTest
  @ValueSource(strings = {"--transport=kernel", "--transport=kernel --no-passthrough"})
  void stressNg_findsNothingWrong(String flags) {
    TestMount mount = mounted(flags);
    String stressors =
        "chmod chown copy-file dentry dir dirdeep fallocate fcntl fiemap flock fpunch "
            + "fstat getdent hdd inode-flags io iomix lease link locka lockf lockofd mmap open readahead "
            + "rename seek sendfile symlink sync-file touch utime xattr";
    mount.run(
        LONG,
        "for s in "
            + stressors
            + "; do "
            + "stress-ng --$s 2 --timeout 1s --verify --temp-path . -q "
            + "|| { r=$?; test $r = 3 -o $r = 4 || { echo \"$s: exit $r\"; exit 1; }; }; done");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--transport=kernel", "--transport=jnr-fuse"})
  void dbench_runsItsLoad(String flags) {
    TestMount mount = mounted(flags);
    String output = mount.run(SHORT, "dbench -D . -t 5 -c /usr/share/dbench/client.txt 4");
    assertThat(output).contains("Throughput");
  }
}
