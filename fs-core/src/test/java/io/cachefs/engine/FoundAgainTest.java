package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.AttributeChange;
import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.testing.posix.Posix;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Known inodes are found again, or not at all, but never is another file taken for one. */
@ParameterizedClass
@EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = Engine.AT_ONCE)
class FoundAgainTest {
  private static final Caller ROOT = new Caller(0, 0, 1, 022);

  @TempDir Path source;
  @TempDir Path cache;

  @SuppressWarnings("NullAway.Init")
  @Parameter
  Engine engine;

  @SuppressWarnings("NullAway.Init")
  private CacheFs cacheFs;

  @SuppressWarnings("NullAway.Init")
  private Vfs vfs;

  /** How files are found again. */
  enum Mode {
    BY_HANDLE,
    BY_NAME;

    FileCalls calls() {
      FileCalls linux = new LinuxFileCalls();
      return this == BY_HANDLE ? linux : ChangedFileCalls.withoutHandles(linux, Errno.EOPNOTSUPP);
    }
  }

  private void open(FileCalls calls) throws FsException {
    CacheFsConfig config = engine.config(source, cache).withDescriptorLimit(16);
    cacheFs = CacheFs.open(config, calls);
    vfs = cacheFs.vfs();
  }

  private void open(Mode mode) throws FsException {
    open(mode.calls());
  }

  @AfterEach
  void close() {
    if (cacheFs != null) {
      cacheFs.close();
    }
    try (Posix files = Posix.in(source)) {
      files.list(".").forEach(files::removeTree);
    }
  }

  private long lookup(long parent, String name) throws FsException {
    return vfs.lookup(parent, Name.of(name)).inodeId();
  }

  private String read(long inode) throws FsException {
    OpenFile file = vfs.open(inode, OpenFlags.READ_ONLY);
    try {
      ByteBuffer target = ByteBuffer.allocateDirect(100);
      vfs.read(file.handle(), 0, target);
      return StandardCharsets.UTF_8.decode(target.flip()).toString();
    } finally {
      vfs.release(file.handle());
    }
  }

  private void assertStale(long inode) {
    assertThatThrownBy(() -> read(inode)).hasMessageContaining("ESTALE");
    assertThatThrownBy(() -> vfs.attributes(inode, Vfs.NO_HANDLE)).hasMessageContaining("ESTALE");
  }

  private long makeDirectories(int depth, String name) throws FsException {
    long inode = Vfs.ROOT;
    for (int i = 0; i < depth; i++) {
      inode = vfs.mkdir(ROOT, inode, Name.of(name), 0755).inodeId();
    }
    return inode;
  }

  private long makeFile(long parent, String name, String content) throws FsException {
    CreatedFile created = vfs.create(ROOT, parent, Name.of(name), 0644, OpenFlags.WRITE_ONLY);
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    vfs.write(created.file().handle(), 0, ByteBuffer.wrap(bytes), false);
    vfs.release(created.file().handle());
    return created.entry().inodeId();
  }

  @ParameterizedTest
  @CsvSource({"BY_HANDLE, 300, 100", "BY_HANDLE, 3000, 2", "BY_NAME, 300, 100", "BY_NAME, 3000, 2"})
  void deepTree_withFewDescriptors_isUsableAtItsEnd(Mode mode, int depth, int nameLength)
      throws Exception {
    open(mode);
    long deepest = makeDirectories(depth, "n".repeat(nameLength));

    long file = makeFile(deepest, "file", "deep");
    for (int i = 0; i < 100; i++) {
      makeDirectories(1, "other" + i);
    }

    assertThat(cacheFs.status().keptDescriptors()).isLessThanOrEqualTo(17);
    assertThat(read(file)).isEqualTo("deep");
    vfs.rename(Vfs.ROOT, Name.of("n".repeat(nameLength)), Vfs.ROOT, Name.of("moved"), 0);
    assertThat(read(file)).isEqualTo("deep");
    vfs.unlink(deepest, Name.of("file"));
    assertThat(vfs.attributes(file, Vfs.NO_HANDLE).linkCount()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void rename_ofAnAncestor_keepsKnownDescendants(Mode mode) throws Exception {
    open(mode);
    long deepest = makeDirectories(5, "d");
    long file = makeFile(deepest, "file", "content");
    forgetDescriptors();

    vfs.rename(Vfs.ROOT, Name.of("d"), Vfs.ROOT, Name.of("e"), 0);
    assertThat(read(file)).isEqualTo("content");
    vfs.mkdir(ROOT, Vfs.ROOT, Name.of("d"), 0755);
    forgetDescriptors();
    vfs.rename(Vfs.ROOT, Name.of("d"), Vfs.ROOT, Name.of("e"), 2);
    forgetDescriptors();

    assertThat(read(file)).isEqualTo("content");
    assertThat(vfs.lookup(deepest, Name.of("file")).inodeId()).isEqualTo(file);
  }

  /** Uses so many directories that descriptors of those used before are closed. */
  private void forgetDescriptors() throws FsException {
    for (int i = 0; i < 20; i++) {
      long directory = vfs.mkdir(ROOT, Vfs.ROOT, Name.of("fill"), 0755).inodeId();
      vfs.mkdir(ROOT, directory, Name.of("below"), 0755);
      vfs.rmdir(directory, Name.of("below"));
      vfs.rmdir(Vfs.ROOT, Name.of("fill"));
      vfs.forget(directory, 1);
    }
  }

  @Test
  void renameBehindTheBack_byName_isStaleAndFoundByItsNewNameAgain() throws Exception {
    Files.writeString(source.resolve("a"), "content");
    open(Mode.BY_NAME);
    long inode = lookup(Vfs.ROOT, "a");

    Files.move(source.resolve("a"), source.resolve("b"));

    assertStale(inode);
    assertThat(lookup(Vfs.ROOT, "b")).isEqualTo(inode);
    assertThat(read(inode)).isEqualTo("content");
  }

  @Test
  void renameBehindTheBack_byHandle_isNotNoticed() throws Exception {
    Files.createDirectory(source.resolve("d"));
    Files.writeString(source.resolve("d/a"), "content");
    open(Mode.BY_HANDLE);
    long directory = lookup(Vfs.ROOT, "d");
    long inode = lookup(directory, "a");

    Files.move(source.resolve("d/a"), source.resolve("d/b"));
    Files.move(source.resolve("d"), source.resolve("e"));

    assertThat(read(inode)).isEqualTo("content");
    assertThat(lookup(directory, "b")).isEqualTo(inode);
  }

  @ParameterizedTest
  @EnumSource
  void open_ofAFileReplacedBehindTheBack_neverTouchesTheOther(Mode mode) throws Exception {
    Files.writeString(source.resolve("a"), "old");
    open(mode);
    long inode = lookup(Vfs.ROOT, "a");
    Files.writeString(source.resolve("new"), "new content");
    Files.move(source.resolve("new"), source.resolve("a"), StandardCopyOption.REPLACE_EXISTING);

    assertStale(inode);
    int truncate = OpenFlags.READ_WRITE | OpenFlags.TRUNCATE;
    assertThatThrownBy(() -> vfs.open(inode, truncate)).hasMessageContaining("ESTALE");
    AttributeChange change = AttributeChange.NONE.withSize(0).withMode(0777);
    assertThatThrownBy(() -> vfs.setAttributes(inode, Vfs.NO_HANDLE, change))
        .hasMessageContaining("ESTALE");
    byte[] name = "user.a".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> vfs.setXattr(inode, name, name, 0)).hasMessageContaining("ESTALE");

    assertThat(Files.readString(source.resolve("a"))).isEqualTo("new content");
    assertThat(lookup(Vfs.ROOT, "a")).isNotEqualTo(inode);
  }

  @Test
  void open_withTheHandleOfAnotherFile_neverTouchesTheOther() throws Exception {
    Files.writeString(source.resolve("a"), "content of a");
    Files.writeString(source.resolve("b"), "content of b");
    FileCalls linux = new LinuxFileCalls();
    // As if b had the name a for a moment, between two calls.
    open(
        ChangedFileCalls.of(
            linux,
            call ->
                call.name().equals("handleOf") && ((byte[]) call.argument(1))[0] == 'a'
                    ? linux.handleOf((int) call.argument(0), new byte[] {'b', 0}, 0)
                    : call.proceed()));
    long inode = lookup(Vfs.ROOT, "a");

    vfs.release(vfs.open(inode, OpenFlags.READ_WRITE | OpenFlags.TRUNCATE).handle());

    assertThat(source.resolve("a")).isEmptyFile();
    assertThat(Files.readString(source.resolve("b"))).isEqualTo("content of b");
  }

  @ParameterizedTest
  @EnumSource
  void open_ofAFileReplacedByAPipe_doesNotWait(Mode mode) throws Exception {
    Files.writeString(source.resolve("a"), "old");
    open(mode);
    long inode = lookup(Vfs.ROOT, "a");
    try (Posix files = Posix.in(source)) {
      files.unlink("a");
      files.mkfifo("a", 0600);
    }

    assertStale(inode);
    assertThatThrownBy(() -> vfs.open(inode, OpenFlags.WRITE_ONLY)).hasMessageContaining("ESTALE");
    assertThatThrownBy(() -> vfs.create(ROOT, Vfs.ROOT, Name.of("a"), 0600, OpenFlags.READ_WRITE))
        .hasMessageContaining("ESTALE");
  }

  @ParameterizedTest
  @EnumSource
  void open_withTruncate_emptiesTheRightFile(Mode mode) throws Exception {
    Files.writeString(source.resolve("a"), "old");
    open(mode);
    long inode = lookup(Vfs.ROOT, "a");

    vfs.release(vfs.open(inode, OpenFlags.WRITE_ONLY | OpenFlags.TRUNCATE).handle());

    assertThat(source.resolve("a")).isEmptyFile();
  }

  @Test
  void open_byNameOfASecondLink_whenTheFirstDirectoryIsGone_findsTheFile() throws Exception {
    Files.createDirectory(source.resolve("d"));
    Files.createDirectory(source.resolve("e"));
    Files.writeString(source.resolve("e/a"), "content");
    Files.createLink(source.resolve("d/a"), source.resolve("e/a"));
    open(Mode.BY_NAME);
    long second = lookup(lookup(Vfs.ROOT, "e"), "a");
    long inode = lookup(lookup(Vfs.ROOT, "d"), "a");
    assertThat(second).isEqualTo(inode);
    Files.delete(source.resolve("d/a"));
    Files.delete(source.resolve("d"));
    forgetDescriptors();

    assertThat(read(inode)).isEqualTo("content");
  }

  @ParameterizedTest
  @EnumSource
  void open_againOfAnOpenFile_whoseDirectoryIsGone_findsTheFile(Mode mode) throws Exception {
    Files.createDirectory(source.resolve("d"));
    Files.writeString(source.resolve("d/a"), "content");
    open(mode);
    long inode = lookup(lookup(Vfs.ROOT, "d"), "a");
    OpenFile file = vfs.open(inode, OpenFlags.READ_WRITE);
    Files.delete(source.resolve("d/a"));
    Files.delete(source.resolve("d"));
    forgetDescriptors();

    assertThat(read(inode)).isEqualTo("content");
    vfs.setAttributes(inode, Vfs.NO_HANDLE, AttributeChange.NONE.withSize(3));
    assertThat(read(inode)).isEqualTo("con");
    vfs.release(file.handle());
    assertStale(inode);
  }

  @ParameterizedTest
  @EnumSource
  void create_ofAKnownFile_keepsItReachableWhileOpen(Mode mode) throws Exception {
    Files.writeString(source.resolve("a"), "content");
    open(mode);
    long inode = lookup(Vfs.ROOT, "a");
    CreatedFile created = vfs.create(ROOT, Vfs.ROOT, Name.of("a"), 0600, OpenFlags.READ_ONLY);
    assertThat(created.entry().inodeId()).isEqualTo(inode);

    Files.delete(source.resolve("a"));

    assertThat(vfs.attributes(inode, Vfs.NO_HANDLE).size()).isEqualTo(7);
    vfs.release(created.file().handle());
    assertStale(inode);
  }

  @Test
  void lookup_ofAParentForgottenAndKnownUnderAnotherName_keepsItsChildren() throws Exception {
    Files.createDirectory(source.resolve("d"));
    Files.writeString(source.resolve("d/a"), "content");
    open(Mode.BY_NAME);
    long parent = lookup(Vfs.ROOT, "d");
    long inode = lookup(parent, "a");
    vfs.forget(parent, 1);
    Files.move(source.resolve("d"), source.resolve("e"));
    forgetDescriptors();
    assertStale(inode);

    assertThat(lookup(lookup(Vfs.ROOT, "e"), "a")).isEqualTo(inode);
    forgetDescriptors();

    assertThat(read(inode)).isEqualTo("content");
  }

  @ParameterizedTest
  @EnumSource
  void lookup_whenAnInodeNumberIsUsedAgain_isAnotherFile(Mode mode) throws Exception {
    open(ChangedFileCalls.of(mode.calls(), FoundAgainTest::withOneInodeNumber));
    Files.writeString(source.resolve("a"), "old");
    long old = lookup(Vfs.ROOT, "a");
    Files.delete(source.resolve("a"));
    waitForTheNextTick();
    Files.writeString(source.resolve("a"), "new");

    long found = lookup(Vfs.ROOT, "a");

    assertThat(found).isNotEqualTo(old);
    assertStale(old);
    assertThat(read(found)).isEqualTo("new");
  }

  private static @Nullable Object withOneInodeNumber(ChangedFileCalls.Call call)
      throws FsException {
    Object result = call.proceed();
    return result instanceof Attributes attributes && attributes.isRegular()
        ? attributes.withInode(4711)
        : result;
  }

  /** Birth times are as fine as the kernel's clock ticks. */
  private void waitForTheNextTick() throws IOException {
    Path probe = Files.createFile(source.resolve("probe"));
    Object before = Files.getAttribute(probe, "creationTime");
    Object now = before;
    while (now.equals(before)) {
      Files.delete(probe);
      Files.createFile(probe);
      now = Files.getAttribute(probe, "creationTime");
    }
    Files.delete(probe);
  }
}
