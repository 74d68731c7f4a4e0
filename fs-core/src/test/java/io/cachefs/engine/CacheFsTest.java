package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Attributes;
import io.cachefs.base.Caller;
import io.cachefs.base.FsException;
import io.cachefs.base.Name;
import io.cachefs.base.OpenFlags;
import io.cachefs.vfs.CreatedFile;
import io.cachefs.vfs.Entry;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = Engine.AT_ONCE)
class CacheFsTest {
  private static final Caller ROOT = new Caller(0, 0, 1, 022);

  @TempDir Path source;
  @TempDir Path cache;

  @SuppressWarnings("NullAway.Init")
  @Parameter
  Engine engine;

  private CacheFs cacheFs;
  private Vfs vfs;

  @BeforeEach
  void open() throws FsException {
    cacheFs = CacheFs.open(engine.config(source, cache));
    vfs = cacheFs.vfs();
  }

  @AfterEach
  void close() {
    cacheFs.close();
  }

  @Test
  void create_thenWriteAndRead_reachesTheSource() throws Exception {
    CreatedFile created = vfs.create(ROOT, Vfs.ROOT, Name.of("hello"), 0666, OpenFlags.READ_WRITE);
    long handle = created.file().handle();
    ByteBuffer data = ByteBuffer.wrap("hello world".getBytes(StandardCharsets.UTF_8));

    assertThat(vfs.write(handle, 0, data, false)).isEqualTo(11);

    ByteBuffer read = ByteBuffer.allocateDirect(100);
    assertThat(vfs.read(handle, 6, read)).isEqualTo(5);
    vfs.release(handle);
    assertThat(Files.readString(source.resolve("hello"))).isEqualTo("hello world");
    assertThat(vfs.attributes(created.entry().inodeId(), Vfs.NO_HANDLE).mode()).isEqualTo(0100644);
  }

  @Test
  void attributes_ofAnUnlinkedFileThatIsStillReferenced_areThoseOfTheFile() throws Exception {
    Files.writeString(source.resolve("gone"), "12345");
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("gone"));

    vfs.unlink(Vfs.ROOT, Name.of("gone"));

    Attributes after = vfs.attributes(entry.inodeId(), Vfs.NO_HANDLE);
    assertThat(after.size()).isEqualTo(5);
    assertThat(after.linkCount()).isZero();
    vfs.forget(entry.inodeId(), 1);
    assertThatThrownBy(() -> vfs.attributes(entry.inodeId(), Vfs.NO_HANDLE))
        .isInstanceOf(FsException.class)
        .hasMessageContaining("ESTALE");
  }

  @Test
  void readDirectory_withAttributes_listsEachNameOnce() throws Exception {
    for (int i = 0; i < 3000; i++) {
      Files.createFile(source.resolve("file-" + i));
    }
    OpenFile directory = vfs.openDirectory(Vfs.ROOT);
    List<String> names = new ArrayList<>();
    long[] cookie = {0};
    int before;
    do {
      before = names.size();
      int limit = before + 37;
      vfs.readDirectory(
          directory.handle(),
          cookie[0],
          true,
          (name, length, inode, type, next, entry) -> {
            if (names.size() == limit) {
              return false;
            }
            names.add(new String(name, 0, length, StandardCharsets.UTF_8));
            cookie[0] = next;
            if (entry != null) {
              vfs.forget(entry.inodeId(), 1);
            }
            return true;
          });
    } while (names.size() > before);
    vfs.releaseDirectory(directory.handle());

    assertThat(names).hasSize(3002).doesNotHaveDuplicates().contains(".", "..", "file-2999");
    assertThat(cacheFs.status().inodes()).isEqualTo(1);
    assertThat(cacheFs.status().openHandles()).isZero();
  }

  @Test
  void rename_behindTheBack_doesNotLoseAKnownFile() throws Exception {
    Files.writeString(source.resolve("a"), "content");
    Entry entry = vfs.lookup(Vfs.ROOT, Name.of("a"));

    Files.move(source.resolve("a"), source.resolve("b"));

    OpenFile open = vfs.open(entry.inodeId(), OpenFlags.READ_ONLY);
    assertThat(vfs.read(open.handle(), 0, ByteBuffer.allocate(10))).isEqualTo(7);
    vfs.release(open.handle());
  }
}
