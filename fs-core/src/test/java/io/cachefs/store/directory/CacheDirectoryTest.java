package io.cachefs.store.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.cachefs.store.directory.CacheDirectoryException.Kind;
import io.cachefs.testing.process.ChildProcess;
import io.cachefs.testing.tree.TreeSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CacheDirectoryTest {
  @TempDir Path temp;
  private Path cache = Path.of("");
  private Path source = Path.of("");

  @BeforeEach
  void makeSource() throws IOException {
    cache = temp.resolve("parent/cache");
    source = Files.createDirectory(temp.resolve("source\nwith\\odd name"));
  }

  private CacheDirectory open() throws Exception {
    return CacheDirectory.open(cache, OpenInChild.identity(source));
  }

  private CacheDirectoryException refusal() {
    return catchThrowableOfType(CacheDirectoryException.class, () -> open().close());
  }

  @Test
  void open_whereThereIsNothing_makesACacheForItsOwnerOnly() throws Exception {
    try (CacheDirectory made = open()) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)))
          .isEqualTo("rwx------");
      assertThat(made.index()).isDirectory();
      assertThat(made.blobs()).isDirectory();
      assertThat(Files.readString(cache.resolve("lock")))
          .isEqualTo(ProcessHandle.current().pid() + "\n");
      assertThat(Files.readString(cache.resolve("cachefs.format")))
          .isEqualTo(
              "cachefs cache\nformat 1\nid "
                  + made.id()
                  + "\nsource-inode "
                  + Files.getAttribute(source, "unix:ino")
                  + "\nsource "
                  + source.toRealPath().toString().replace("\\", "\\\\").replace("\n", "\\n")
                  + "\nsource-generation 7\nsource-mount fuse.sshfs me@there:/odd\n");
    }
  }

  @Test
  void open_ofACacheThatNotedLess_isBroughtUpToDate() throws Exception {
    open().close();
    Path format = cache.resolve("cachefs.format");
    String now = Files.readString(format);
    Files.writeString(format, now.replaceAll("source-(generation|mount) .*\n", ""));
    assertThat(CacheDirectory.sourceOf(cache)).hasFieldOrPropertyWithValue("mount", null);
    open().close();
    assertThat(Files.readString(format)).isEqualTo(now);
  }

  @Test
  void open_forAnotherServerAtTheSamePlace_isRefused() throws Exception {
    open().close();
    SourceIdentity was = OpenInChild.identity(source);
    SourceIdentity other =
        new SourceIdentity(was.path(), was.rootInode(), 7L, "fuse.sshfs me@elsewhere:/odd");
    CacheDirectoryException refused =
        catchThrowableOfType(
            CacheDirectoryException.class, () -> CacheDirectory.open(cache, other));
    assertThat(refused.kind()).isEqualTo(Kind.OTHER_SOURCE);
    assertThat(refused).hasMessageContaining("me@there").hasMessageContaining("me@elsewhere");
    assertThat(CacheDirectory.sourceOf(cache)).isEqualTo(was);
  }

  @Test
  void open_again_findsTheSameCache() throws Exception {
    String id;
    try (CacheDirectory made = open()) {
      id = made.id();
    }
    try (CacheDirectory again = open()) {
      assertThat(again.id()).isEqualTo(id);
    }
    try (CacheDirectory again = CacheDirectory.openExisting(cache)) {
      assertThat(again.source()).isEqualTo(OpenInChild.identity(source));
    }
  }

  @Test
  void open_ofAnEmptyDirectoryOrABeginning_makesACache() throws Exception {
    Files.createDirectories(cache);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-xr-x"));
    open().close();
    Files.move(cache.resolve("cachefs.format"), cache.resolve("cachefs.format.new"));
    Files.delete(cache.resolve("index"));
    Files.delete(cache.resolve("blobs"));
    open().close();
  }

  @Test
  void open_ofSomethingElse_isRefusedAndNothingTouched() throws Exception {
    Files.createDirectories(cache);
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(cache.resolve("thesis.txt"), "precious");
    TreeSnapshot before = TreeSnapshot.of(cache);

    assertThat(refusal().kind()).isEqualTo(Kind.NOT_A_CACHE);
    assertThat(before.diff(TreeSnapshot.of(cache))).isEmpty();
    assertThatThrownBy(() -> CacheDirectory.openExisting(temp.resolve("nowhere")))
        .hasMessageContaining("no cache");
  }

  @Test
  void open_ofANewerFormat_isRefusedAndNothingTouched() throws Exception {
    open().close();
    Path format = cache.resolve("cachefs.format");
    Files.writeString(format, "cachefs cache\nformat 2\nwho knows\n");
    TreeSnapshot before = TreeSnapshot.of(cache);

    assertThat(refusal())
        .hasMessageContaining("format 2")
        .extracting(CacheDirectoryException::kind)
        .isEqualTo(Kind.NEWER_FORMAT);
    assertThat(before.diff(TreeSnapshot.of(cache))).isEmpty();
  }

  @Test
  void open_ofADamagedFormat_isRefused() throws Exception {
    open().close();
    Files.writeString(cache.resolve("cachefs.format"), "cachefs cache\nformat 1\n");
    assertThat(refusal().kind()).isEqualTo(Kind.UNUSABLE);
    Files.writeString(cache.resolve("cachefs.format"), "");
    assertThat(refusal().kind()).isEqualTo(Kind.UNUSABLE);
  }

  @Test
  void open_forAnotherSource_namesBoth() throws Exception {
    open().close();
    Path other = Files.createDirectory(temp.resolve("other"));

    CacheDirectoryException refused =
        catchThrowableOfType(
            CacheDirectoryException.class,
            () -> CacheDirectory.open(cache, OpenInChild.identity(other)));
    assertThat(refused.kind()).isEqualTo(Kind.OTHER_SOURCE);
    assertThat(refused).hasMessageContaining(source.toRealPath().toString());
    assertThat(refused).hasMessageContaining(other.toRealPath().toString());
    open().close();
  }

  @Test
  void open_ofWhatOthersMayEnter_isRefused() throws Exception {
    open().close();
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxr-x---"));
    assertThat(refusal()).hasMessageContaining("chmod 700");
    assertThat(refusal().kind()).isEqualTo(Kind.UNUSABLE);
  }

  @Test
  void open_twice_isRefusedAndTheLockStays() throws Exception {
    try (CacheDirectory first = open()) {
      assertThat(refusal().pid()).isEqualTo(ProcessHandle.current().pid());
      // A lock of Linux is lost when any descriptor of its file is closed by the process.
      try (ChildProcess child =
          ChildProcess.java(OpenInChild.class, first.path().toString(), source.toString())) {
        child.awaitLine("LOCKED " + ProcessHandle.current().pid(), Duration.ofSeconds(30));
      }
    }
    open().close();
  }

  @Test
  void open_afterItsProcessWasKilled_isGranted() throws Exception {
    try (ChildProcess child =
        ChildProcess.java(OpenInChild.class, cache.toString(), source.toString())) {
      child.awaitLine("opened", Duration.ofSeconds(30));
      assertThat(refusal()).hasMessageContaining("process " + child.pid());
      assertThat(refusal().pid()).isEqualTo(child.pid());
      child.kill();
    }
    open().close();
  }

  @Test
  void requireApart_seesThroughLinks() throws Exception {
    Path link = Files.createSymbolicLink(temp.resolve("link"), source);
    for (Path inside : new Path[] {link, link.resolve("new/cache"), source, temp}) {
      assertThatThrownBy(() -> CacheDirectory.requireApart(inside, source, "source"))
          .isInstanceOf(CacheDirectoryException.class)
          .hasMessageContaining("source " + source);
    }
    CacheDirectory.requireApart(temp.resolve("source\nwith\\odd name2"), source, "source");
    CacheDirectory.requireApart(cache, source, "source");
  }
}
