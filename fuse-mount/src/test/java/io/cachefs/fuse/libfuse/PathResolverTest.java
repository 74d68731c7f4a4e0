package io.cachefs.fuse.libfuse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.vfs.Vfs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PathResolverTest {
  private final CountingVfs files = new CountingVfs();
  private final HiddenFiles hidden = new HiddenFiles();
  private PathResolver paths = new PathResolver(files.vfs(), hidden, 100);

  @AfterEach
  void everyReferenceIsGivenBack() {
    paths.checkInvariants();
    hidden.close();
    paths.close();
    assertThat(paths.size()).isZero();
    assertThat(files.referencesHeld()).isZero();
  }

  @Test
  void resolve_root_asksNobody() throws FsException {
    assertThat(inodeOf("/")).isEqualTo(Vfs.ROOT);
    assertThat(files.lookups()).isZero();
  }

  @Test
  void resolve_again_asksNobody() throws FsException {
    files.make("/a/");
    long inode = files.make("/a/f");

    assertThat(inodeOf("/a/f")).isEqualTo(inode);
    assertThat(inodeOf("/a/f")).isEqualTo(inode);

    assertThat(files.lookups()).isEqualTo(2);
  }

  @Test
  void lookup_asksForTheLastNameOnly() throws FsException {
    files.make("/a/");
    long inode = files.make("/a/f");
    assertThat(inodeOf("/a/f")).isEqualTo(inode);

    try (InodeReference found = paths.lookup(path("/a/f")).reference()) {
      assertThat(found.inodeId()).isEqualTo(inode);
    }

    assertThat(files.lookups()).isEqualTo(3);
  }

  @Test
  void resolve_missing_failsWithEnoent() {
    assertThatThrownBy(() -> inodeOf("/a/b/c"))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void resolve_nameTooLong_failsWithEnametoolong() {
    assertThatThrownBy(() -> inodeOf("/" + "x".repeat(256)))
        .isInstanceOfSatisfying(
            FsException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENAMETOOLONG));
  }

  @Test
  void forgetTree_afterRenameOfParent_followsTheNewNames() throws FsException {
    files.make("/a/");
    files.make("/ab/");
    long moved = files.make("/a/f");
    long beside = files.make("/ab/f");
    assertThat(inodeOf("/a/f")).isEqualTo(moved);
    assertThat(inodeOf("/ab/f")).isEqualTo(beside);

    files.move(Vfs.ROOT, "a", Vfs.ROOT, "b");
    files.make("/a/");
    long fresh = files.make("/a/f");
    paths.forgetTree(path("/a"));
    paths.forgetTree(path("/b"));

    assertThat(inodeOf("/b/f")).isEqualTo(moved);
    assertThat(inodeOf("/a/f")).isEqualTo(fresh);
    long before = files.lookups();
    assertThat(inodeOf("/ab/f")).isEqualTo(beside);
    assertThat(files.lookups()).as("a sibling with the same start is kept").isEqualTo(before);
  }

  @Test
  void lookup_whenDirectoryWasReplaced_forgetsWhatWasInside() throws FsException {
    files.make("/a/");
    long old = files.make("/a/f");
    assertThat(inodeOf("/a/f")).isEqualTo(old);
    files.remove(Vfs.ROOT, "a");
    files.make("/a/");
    long fresh = files.make("/a/f");

    paths.lookup(path("/a")).reference().close();

    assertThat(inodeOf("/a/f")).isEqualTo(fresh);
  }

  @Test
  void lookup_whenNameIsGone_forgetsIt() throws FsException {
    files.make("/a/");
    files.make("/a/f");
    assertThat(inodeOf("/a/f")).isPositive();
    files.remove(Vfs.ROOT, "a");

    assertThatThrownBy(() -> paths.lookup(path("/a"))).isInstanceOf(FsException.class);

    assertThat(paths.size()).isZero();
  }

  @Test
  void resolve_overlappedByAChange_isNotRemembered() throws FsException {
    long inode = files.make("/f");
    files.beforeAnswer(() -> paths.forgetName(path("/f")));

    assertThat(inodeOf("/f")).isEqualTo(inode);

    assertThat(paths.size()).isZero();
  }

  @Test
  void forgetName_whileInUse_keepsTheReferenceUntilClosed() throws FsException {
    files.make("/f");
    InodeReference inUse = paths.resolve(path("/f"));

    paths.forgetName(path("/f"));

    assertThat(files.referencesHeld()).isEqualTo(1);
    inUse.close();
    assertThat(files.referencesHeld()).isZero();
  }

  @Test
  void resolve_beyondCapacity_evictsTheLeastRecentlyUsed() throws FsException {
    paths = new PathResolver(files.vfs(), hidden, 3);
    for (String name : List.of("a", "b", "c", "d")) {
      files.make("/" + name);
    }
    inodeOf("/a");
    inodeOf("/b");
    inodeOf("/c");
    inodeOf("/a");
    inodeOf("/d");

    assertThat(paths.size()).isEqualTo(3);
    assertThat(files.referencesHeld()).isEqualTo(3);
    long before = files.lookups();
    inodeOf("/a");
    assertThat(files.lookups()).isEqualTo(before);
    inodeOf("/b");
    assertThat(files.lookups()).isEqualTo(before + 1);
  }

  @Test
  void resolve_hiddenFile_leadsToItsInodeUnderThatParentOnly() throws FsException {
    long directory = files.make("/a/");
    long file = files.make("/a/f");
    files.make("/b/");
    Name name = Name.of(".fuse_hidden0000000100000001");
    hidden.hide(directory, name, paths.resolve(path("/a/f")));
    files.remove(directory, "f");
    paths.forgetName(path("/a/f"));

    assertThat(inodeOf("/a/" + name)).isEqualTo(file);
    assertThatThrownBy(() -> inodeOf("/b/" + name)).isInstanceOf(FsException.class);
    hidden.dropInode(file);
    assertThatThrownBy(() -> inodeOf("/a/" + name)).isInstanceOf(FsException.class);
  }

  @Test
  void path_keepsEveryByte() throws FsException {
    BytePath path = BytePath.of(new byte[] {'/', (byte) 0xff, '/', (byte) 0xc3});
    assertThat(path.name().bytes()).containsExactly(0xc3);
    assertThat(path.parent().name().bytes()).containsExactly(0xff);
    assertThat(path.parent().parent().isRoot()).isTrue();
    assertThat(path).isNotEqualTo(BytePath.of(new byte[] {'/', (byte) 0xfe, '/', (byte) 0xc3}));
  }

  /**
   * Four threads resolve while a fifth renames a directory to and fro: every answer is the inode
   * that a path had at some time, and no reference is lost, which the check after the test shows.
   */
  @Test
  void resolve_duringRenamesAndEviction_keepsReferencesBalanced()
      throws ExecutionException, InterruptedException, TimeoutException {
    paths = new PathResolver(files.vfs(), hidden, 5);
    files.make("/a/");
    files.make("/a/d/");
    List<Long> inodes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      inodes.add(files.make("/a/d/" + i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(5);
    List<Future<?>> running = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      int seed = t;
      running.add(threads.submit(() -> resolveMany(new Random(seed), inodes)));
    }
    running.add(threads.submit(() -> renameMany()));
    for (Future<?> each : running) {
      each.get(30, TimeUnit.SECONDS);
    }
    threads.shutdown();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private void resolveMany(Random random, List<Long> inodes) {
    for (int i = 0; i < 5_000; i++) {
      int which = random.nextInt(inodes.size());
      String top = random.nextBoolean() ? "/a/d/" : "/b/d/";
      try (InodeReference found = paths.resolve(path(top + which))) {
        assertThat(found.inodeId()).isEqualTo(inodes.get(which));
      } catch (FsException e) {
        assertThat(e.errno()).isEqualTo(Errno.ENOENT);
      }
    }
  }

  private void renameMany() {
    for (int i = 0; i < 1_000; i++) {
      boolean forth = i % 2 == 0;
      files.move(Vfs.ROOT, forth ? "a" : "b", Vfs.ROOT, forth ? "b" : "a");
      paths.forgetTree(path("/a"));
      paths.forgetTree(path("/b"));
    }
  }

  private long inodeOf(String path) throws FsException {
    try (InodeReference found = paths.resolve(path(path))) {
      return found.inodeId();
    }
  }

  private static BytePath path(String text) {
    return BytePath.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
