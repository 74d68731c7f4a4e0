package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Attributes;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.engine.config.CacheFsConfig;
import io.cachefs.engine.config.CacheSettings;
import io.cachefs.engine.config.CacheSettings.Consistency;
import io.cachefs.engine.config.CacheSettings.Lifetimes;
import io.cachefs.engine.config.CacheSettings.SourceCare;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.Vfs;
import io.cachefs.vfs.VfsListener;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes behind a cache that would use what it knows for an hour, over a real directory. */
class WatchTest {
  private static final long SOON_SECONDS = 5;

  @TempDir Path temporary;

  private Path source;
  private CacheFs cacheFs;
  private Vfs vfs;

  /** What was told, as text: "name f", "content 2", "attributes 2". */
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() throws IOException, FsException {
    source = Files.createDirectory(temporary.resolve("source"));
    Files.writeString(source.resolve("f"), "one");
    open(settings());
  }

  private CacheSettings settings() {
    return CacheSettings.of(temporary.resolve("cache"))
        .with(Consistency.TTL)
        .with(Lifetimes.all(Duration.ofHours(1)));
  }

  private void open(CacheSettings settings) throws FsException {
    cacheFs = CacheFs.open(CacheFsConfig.of(source).withCache(settings));
    vfs = cacheFs.vfs();
    vfs.tell(
        new VfsListener() {
          @Override
          public void inodeChanged(long inodeId, boolean attributesOnly) {
            told.add((attributesOnly ? "attributes " : "content ") + inodeId);
          }

          @Override
          public void nameChanged(long directory, Name name) {
            told.add("name " + name);
          }
        });
  }

  private void reopen(CacheSettings settings) throws FsException {
    cacheFs.close();
    told.clear();
    open(settings);
  }

  @AfterEach
  void close() {
    cacheFs.close();
  }

  private Entry lookup(String name) throws FsException {
    return vfs.lookup(Vfs.ROOT, Name.of(name));
  }

  private void awaitTold(String what) throws InterruptedException {
    String heard = "";
    while (!what.equals(heard)) {
      heard = told.poll(SOON_SECONDS, TimeUnit.SECONDS);
      assertThat(heard).as("told of '%s' in time", what).isNotNull();
    }
  }

  private String content(long inode) throws FsException {
    long handle = vfs.open(inode, OpenFlags.READ_ONLY).handle();
    ByteBuffer bytes = ByteBuffer.allocateDirect(100);
    int count = vfs.read(handle, 0, bytes);
    vfs.release(handle);
    byte[] text = new byte[count];
    bytes.flip().get(text);
    return new String(text, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void whatIsWatched_isRightUntilAReport() throws FsException {
    Entry file = lookup("f");

    assertThat(vfs.attributesLifetime(file.inodeId())).isEqualTo(Long.MAX_VALUE);
    assertThat(vfs.nameLifetime(Vfs.ROOT)).isEqualTo(Long.MAX_VALUE);
    assertThat(vfs.listsUnopened()).isTrue();
  }

  @Test
  void aChangedFile_isTold_andReadAnew() throws FsException, IOException, InterruptedException {
    Entry file = lookup("f");
    assertThat(content(file.inodeId())).isEqualTo("one");

    Files.writeString(source.resolve("f"), "another");

    awaitTold("content " + file.inodeId());
    Attributes now = vfs.attributes(file.inodeId(), Vfs.NO_HANDLE);
    assertThat(now.size()).isEqualTo(7);
    assertThat(content(file.inodeId())).isEqualTo("another");
  }

  @Test
  void openRightAfterAChange_seesIt() throws FsException, IOException {
    Entry file = lookup("f");
    for (int i = 0; i < 200; i++) {
      String text = "version " + i;
      Files.writeString(source.resolve("f"), text);
      assertThat(content(file.inodeId())).isEqualTo(text);
    }
  }

  @Test
  void aNameThatComes_isTold_andFound() throws FsException, IOException, InterruptedException {
    assertThatThrownBy(() -> lookup("new")).isInstanceOf(FsException.class);

    Files.writeString(source.resolve("new"), "x");

    awaitTold("name new");
    assertThat(lookup("new").attributes().size()).isEqualTo(1);
  }

  @Test
  void aNameThatGoes_isTold_andNotFound() throws FsException, IOException, InterruptedException {
    Entry file = lookup("f");
    assertThat(file.attributes().size()).isEqualTo(3);

    Files.delete(source.resolve("f"));

    awaitTold("name f");
    assertThatThrownBy(() -> lookup("f")).isInstanceOf(FsException.class);
  }

  @Test
  void aNameOfAnotherFile_isTold_andIsTheOther()
      throws FsException, IOException, InterruptedException {
    Entry before = lookup("f");
    Path other = Files.writeString(source.resolve("other"), "replacement");

    Files.move(other, source.resolve("f"), StandardCopyOption.REPLACE_EXISTING);

    awaitTold("name f");
    Entry after = lookup("f");
    assertThat(after.inodeId()).isNotEqualTo(before.inodeId());
    assertThat(content(after.inodeId())).isEqualTo("replacement");
  }

  @Test
  void whatTheIndexAloneKnows_isForgottenToo()
      throws FsException, IOException, InterruptedException {
    assertThat(content(lookup("f").inodeId())).isEqualTo("one");
    reopen(settings());
    // Watched from here on, but not asked for before it changes.
    assertThatThrownBy(() -> lookup("nothing")).isInstanceOf(FsException.class);

    Files.writeString(source.resolve("f"), "changed");
    TimeUnit.MILLISECONDS.sleep(300);

    assertThat(content(lookup("f").inodeId())).isEqualTo("changed");
  }

  @Test
  void withoutAWatch_timeDecides() throws FsException {
    SourceCare care = SourceCare.DEFAULT;
    reopen(settings().with(new SourceCare(care.deadline(), care.waitsOffline(), false)));

    Entry file = lookup("f");

    assertThat(vfs.attributesLifetime(file.inodeId()))
        .isPositive()
        .isLessThanOrEqualTo(Duration.ofHours(1).toNanos());
    assertThat(vfs.listsUnopened()).isFalse();
  }

  @Test
  void strict_neverTrustsTheWatch() throws FsException {
    reopen(settings().with(Consistency.STRICT));

    Entry file = lookup("f");

    assertThat(vfs.attributesLifetime(file.inodeId())).isZero();
    assertThat(vfs.nameLifetime(Vfs.ROOT)).isZero();
  }
}
