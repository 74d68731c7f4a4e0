package io.cachefs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Errno;
import io.cachefs.base.FsException;
import io.cachefs.sys.ChangedFileCalls;
import io.cachefs.sys.FileCalls;
import io.cachefs.sys.LinuxFileCalls;
import io.cachefs.vfs.OpenFile;
import io.cachefs.vfs.Vfs;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Listings where something fails in the middle. */
@ParameterizedClass
@EnumSource
class ListingTest {
  @TempDir Path source;
  @TempDir Path cache;

  @SuppressWarnings("NullAway.Init")
  @Parameter
  Engine engine;

  @SuppressWarnings("NullAway.Init")
  private CacheFs cacheFs;

  @SuppressWarnings("NullAway.Init")
  private Vfs vfs;

  private void open(FileCalls calls) throws FsException {
    cacheFs = CacheFs.open(engine.config(source, cache), calls);
    vfs = cacheFs.vfs();
  }

  @AfterEach
  void close() {
    cacheFs.close();
  }

  @Test
  void readDirectory_whenOneEntryCannotBeLookedUp_listsAll() throws Exception {
    for (int i = 0; i < 5; i++) {
      Files.createFile(source.resolve("f" + i));
    }
    open(
        ChangedFileCalls.of(
            new LinuxFileCalls(),
            call -> {
              boolean bad =
                  call.name().equals("attributes")
                      && new String((byte[]) call.argument(1), StandardCharsets.UTF_8)
                          .equals("f3\0");
              if (bad) {
                throw new FsException(Errno.EIO);
              }
              return call.proceed();
            }));
    OpenFile directory = vfs.openDirectory(Vfs.ROOT);
    List<String> names = new ArrayList<>();
    List<String> withAttributes = new ArrayList<>();
    vfs.readDirectory(
        directory.handle(),
        0,
        true,
        (name, length, inode, type, next, entry) -> {
          names.add(new String(name, 0, length, StandardCharsets.UTF_8));
          if (entry != null) {
            withAttributes.add(names.get(names.size() - 1));
            vfs.forget(entry.inodeId(), 1);
          }
          return true;
        });

    assertThat(names).hasSize(7).contains("f3");
    assertThat(withAttributes).containsExactlyInAnyOrder("f0", "f1", "f2", "f4");
  }

  @Test
  void readDirectory_ofAWholeDirectory_asksForItsEndOnce() throws Exception {
    for (int i = 0; i < 10; i++) {
      Files.createFile(source.resolve("f" + i));
    }
    AtomicInteger asked = new AtomicInteger();
    open(
        ChangedFileCalls.of(
            new LinuxFileCalls(),
            call -> {
              if (call.name().equals("readDirectory")) {
                asked.incrementAndGet();
              }
              return call.proceed();
            }));
    OpenFile directory = vfs.openDirectory(Vfs.ROOT);
    List<String> names = new ArrayList<>();
    vfs.readDirectory(
        directory.handle(),
        0,
        true,
        (name, length, inode, type, next, entry) ->
            names.add(new String(name, 0, length, StandardCharsets.UTF_8)));

    assertThat(names).hasSize(12);
    assertThat(asked).hasValue(2);
  }

  @Test
  void readDirectory_afterASeekThatFailed_goesOnWhereItWas() throws Exception {
    for (int i = 0; i < 10; i++) {
      Files.createFile(source.resolve("f" + i));
    }
    FaultyFileCalls faulty = new FaultyFileCalls(new LinuxFileCalls());
    open(faulty.calls());
    OpenFile directory = vfs.openDirectory(Vfs.ROOT);
    List<String> names = new ArrayList<>();
    long[] cookie = {0};
    listFive(directory, names, cookie);
    faulty.failNth(1, Errno.EIO);
    assertThatThrownBy(() -> listFive(directory, new ArrayList<>(), new long[] {0}))
        .hasMessageContaining("EIO");

    while (listFive(directory, names, cookie) > 0) {
      assertThat(names.size()).isLessThanOrEqualTo(12);
    }

    assertThat(names).hasSize(12).doesNotHaveDuplicates();
  }

  private int listFive(OpenFile directory, List<String> names, long[] cookie) throws FsException {
    int[] count = {0};
    vfs.readDirectory(
        directory.handle(),
        cookie[0],
        false,
        (name, length, inode, type, next, entry) -> {
          if (count[0] == 5) {
            return false;
          }
          count[0]++;
          names.add(new String(name, 0, length, StandardCharsets.UTF_8));
          cookie[0] = next;
          return true;
        });
    return count[0];
  }
}
