package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.Immutable;
import io.cachefs.base.AttributeChange;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.model.PlainFiles;
import io.cachefs.testing.model.TreeText;
import io.cachefs.testing.posix.Posix;
import io.cachefs.testing.process.OpenDescriptors;
import io.cachefs.testing.process.Require;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The first system call of a scenario fails, then the second, and so on until there are no more.
 * Each time: the error is the one that was made, or the operation succeeds all the same; nothing
 * stays open or referenced; the thread is itself again; the source is as it is after some number of
 * the scenario's steps; and then the scenario succeeds.
 */
class FaultSweepTest {
  private static final Set<Errno> ERRNOS =
      EnumSet.of(
          Errno.EIO,
          Errno.ENOSPC,
          Errno.EACCES,
          Errno.EROFS,
          Errno.EDQUOT,
          Errno.ESTALE,
          Errno.EINTR,
          Errno.EMFILE,
          Errno.ENOMEM,
          Errno.ETIMEDOUT);

  private static final Caller USER = new Caller(1234, 1234, 1, 022);

  @TempDir Path source;

  /** The rest of a scenario, with what was opened so far to be closed after it. */
  private static final class Run {
    final Vfs vfs;
    final List<Long> inodes = new ArrayList<>();
    final List<Long> handles = new ArrayList<>();

    Run(Vfs vfs) {
      this.vfs = vfs;
    }

    long use(Entry entry) {
      inodes.add(entry.inodeId());
      return entry.inodeId();
    }

    long use(OpenFile file) {
      handles.add(file.handle());
      return file.handle();
    }

    long use(CreatedFile created) {
      use(created.entry());
      return use(created.file());
    }

    long lookup(long parent, String name) throws FsException {
      return use(vfs.lookup(parent, Name.of(name)));
    }

    long directory() throws FsException {
      return lookup(Vfs.ROOT, "dir");
    }

    void end() {
      handles.forEach(vfs::release);
      inodes.forEach(inode -> vfs.forget(inode, 1));
    }
  }

  @Immutable
  private interface Steps {
    void run(Run run) throws FsException;
  }

  /** What is done; each begins in a tree with {@code dir/file} and {@code dir/empty}. */
  enum Scenario {
    READ(
        run -> {
          long file = run.lookup(run.directory(), "file");
          long handle = run.use(run.vfs.open(file, OpenFlags.READ_ONLY));
          ByteBuffer target = ByteBuffer.allocateDirect(100);
          assertThat(run.vfs.read(handle, 0, target)).isEqualTo(7);
          assertThat(text(target)).isEqualTo("content");
        }),
    CREATE(
        run -> {
          long handle =
              run.use(
                  run.vfs.create(
                      USER, run.directory(), Name.of("new"), 0666, OpenFlags.READ_WRITE));
          run.vfs.write(handle, 0, ByteBuffer.wrap(new byte[100]), true);
          run.vfs.fsync(handle, false);
          run.vfs.fallocate(handle, 0, 0, 200);
          run.vfs.flush(handle);
        }),
    NAMES(
        run -> {
          long dir = run.directory();
          long made = run.use(run.vfs.mkdir(USER, dir, Name.of("sub"), 0755));
          run.vfs.rename(dir, Name.of("file"), made, Name.of("moved"), 0);
          run.vfs.rename(made, Name.of("moved"), dir, Name.of("empty"), 0);
          run.vfs.unlink(dir, Name.of("empty"));
          run.vfs.rmdir(dir, Name.of("sub"));
        }),
    LIST(
        run -> {
          OpenFile directory = run.vfs.openDirectory(run.directory());
          run.use(directory);
          List<String> names = new ArrayList<>();
          for (int i = 0; i < 2; i++) {
            run.vfs.readDirectory(
                directory.handle(),
                0,
                true,
                (name, length, inode, type, next, entry) -> {
                  names.add(new String(name, 0, length, StandardCharsets.UTF_8));
                  if (entry != null) {
                    run.use(entry);
                  }
                  return true;
                });
          }
          assertThat(names).hasSize(8);
          run.vfs.fsyncDirectory(directory.handle(), false);
        }),
    ATTRIBUTES(
        run -> {
          long file = run.lookup(run.directory(), "file");
          AttributeChange change = AttributeChange.NONE.withOwner(1, 2);
          run.vfs.setAttributes(file, Vfs.NO_HANDLE, change);
          run.vfs.setAttributes(file, Vfs.NO_HANDLE, AttributeChange.NONE.withMode(0600));
          run.vfs.setAttributes(file, Vfs.NO_HANDLE, AttributeChange.NONE.withSize(3));
          run.vfs.setXattr(file, bytes("user.a"), bytes("1"), 0);
          run.vfs.removeXattr(file, bytes("user.a"));
          run.vfs.access(USER, run.directory(), 1);
          assertThat(run.vfs.attributes(file, Vfs.NO_HANDLE).size()).isEqualTo(3);
          run.vfs.statfs(file);
        }),
    LINKS(
        run -> {
          long dir = run.directory();
          long file = run.lookup(dir, "file");
          run.use(run.vfs.link(file, dir, Name.of("second")));
          long link = run.use(run.vfs.symlink(USER, dir, Name.of("link"), bytes("to")));
          assertThat(run.vfs.readlink(link)).isEqualTo(bytes("to"));
          run.use(run.vfs.mknod(USER, dir, Name.of("fifo"), 0010644, 0));
        }),
    UNNAMED(
        run -> {
          long dir = run.directory();
          CreatedFile created = run.vfs.createUnnamed(USER, dir, 0600, OpenFlags.READ_WRITE);
          long handle = run.use(created);
          run.vfs.write(handle, 0, ByteBuffer.wrap(new byte[10]), false);
          run.use(run.vfs.link(created.entry().inodeId(), dir, Name.of("named")));
        }),
    UNLINKED(
        run -> {
          long dir = run.directory();
          long file = run.lookup(dir, "file");
          long handle = run.use(run.vfs.open(file, OpenFlags.READ_WRITE));
          run.vfs.unlink(dir, Name.of("file"));
          run.vfs.setAttributes(file, Vfs.NO_HANDLE, AttributeChange.NONE.withMode(0600));
          assertThat(run.vfs.attributes(file, Vfs.NO_HANDLE).linkCount()).isZero();
          run.vfs.write(handle, 0, ByteBuffer.wrap(new byte[10]), false);
          run.use(run.vfs.open(file, OpenFlags.READ_ONLY));
        });

    private final Steps steps;

    Scenario(Steps steps) {
      this.steps = steps;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(ByteBuffer target) {
    return StandardCharsets.UTF_8.decode(target.duplicate().flip()).toString();
  }

  @ParameterizedTest
  @EnumSource
  void scenario_whenAnyCallFails_tellsTheErrorAndLeaksNothing(Scenario scenario) throws Exception {
    sweep(scenario, new LinuxFileCalls(), ERRNOS);
  }

  @ParameterizedTest
  @EnumSource
  void scenario_withoutHandlesWhenAnyCallFails_tellsTheErrorAndLeaksNothing(Scenario scenario)
      throws Exception {
    FileCalls calls = ChangedFileCalls.withoutHandles(new LinuxFileCalls(), Errno.EPERM);
    sweep(scenario, calls, EnumSet.of(Errno.EIO, Errno.ESTALE, Errno.EMFILE));
  }

  private void sweep(Scenario scenario, FileCalls calls, Set<Errno> errnos) throws Exception {
    Require.root();
    Set<SortedMap<String, String>> possible = states(scenario, calls);
    Map<Errno, Integer> sizes = new EnumMap<>(Errno.class);
    for (Errno errno : errnos) {
      for (int n = 1; failNth(scenario, calls, n, errno, possible); n++) {
        sizes.put(errno, n);
      }
    }
    assertThat(sizes).as("number of calls of the scenario").containsOnlyKeys(errnos);
    assertThat(Set.copyOf(sizes.values())).hasSize(1);
  }

  /** Returns all trees there are between two system calls of the scenario. */
  private Set<SortedMap<String, String>> states(Scenario scenario, FileCalls calls)
      throws Exception {
    populate(source);
    boolean[] acting = {false};
    Set<SortedMap<String, String>> states = new HashSet<>();
    FileCalls watching =
        ChangedFileCalls.of(
            calls,
            call -> {
              Object result = call.proceed();
              acting[0] = call.name().equals("actFor") || (acting[0] && !isResume(call));
              if (!acting[0]) {
                states.add(tree(source));
              }
              return result;
            });
    try (CacheFs cacheFs = CacheFs.open(CacheFsConfig.of(source), watching)) {
      Run run = new Run(cacheFs.vfs());
      scenario.steps.run(run);
      run.end();
    }
    clear(source);
    return states;
  }

  private static boolean isResume(ChangedFileCalls.Call call) {
    return call.name().equals("resumeSelf");
  }

  /** Returns whether the scenario has an n-th call. */
  private boolean failNth(
      Scenario scenario,
      FileCalls calls,
      int n,
      Errno errno,
      Set<SortedMap<String, String>> possible)
      throws Exception {
    populate(source);
    int umask = umask();
    FaultyFileCalls faulty = new FaultyFileCalls(calls);
    String failed;
    try (CacheFs cacheFs = CacheFs.open(CacheFsConfig.of(source), faulty.calls())) {
      Run run = new Run(cacheFs.vfs());
      faulty.failNth(n, errno);
      try {
        scenario.steps.run(run);
      } catch (FsException e) {
        assertThat(e.errno()).as("call %d, %s", n, faulty.failed()).isEqualTo(errno);
      }
      failed = faulty.failed();
      faulty.stop();
      String about = "call " + n + ", " + failed + ", fails with " + errno;
      run.end();
      assertThat(cacheFs.status().inodes()).as(about).isEqualTo(1);
      assertThat(cacheFs.status().openHandles()).as(about).isZero();
      assertThat(possible).as(about).contains(tree(source));
      requireSameThread(source, umask, about);
      clear(source);
      populate(source);
      run = new Run(cacheFs.vfs());
      scenario.steps.run(run);
      run.end();
      assertThat(cacheFs.status().inodes()).as(about).isEqualTo(1);
    }
    assertThat(OpenDescriptors.under(source)).as("call %d, %s, %s", n, failed, errno).isEmpty();
    clear(source);
    return failed != null;
  }

  /** What the thread makes is its own, with its own umask. */
  private static void requireSameThread(Path source, int umask, String about) {
    try (PlainFiles plain = new PlainFiles(source)) {
      plain.createUnnamed(0, "", 0600);
      assertThat(plain.statOpen(0).uid()).as(about).isZero();
      assertThat(plain.statOpen(0).gid()).as(about).isZero();
    }
    assertThat(umask()).as(about).isEqualTo(umask);
  }

  private static int umask() {
    int umask = Posix.umask(0);
    int zero = Posix.umask(umask);
    assertThat(zero).isZero();
    return umask;
  }

  private static void populate(Path source) throws IOException {
    Files.createDirectory(source.resolve("dir"));
    Files.writeString(source.resolve("dir/file"), "content");
    Files.createFile(source.resolve("dir/empty"));
  }

  private static void clear(Path source) {
    try (Posix files = Posix.in(source)) {
      files.removeTree("dir");
    }
  }

  private static SortedMap<String, String> tree(Path source) {
    try (PlainFiles plain = new PlainFiles(source)) {
      return TreeText.of(plain);
    }
  }
}
