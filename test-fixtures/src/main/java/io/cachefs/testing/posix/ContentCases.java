package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads, writes, sizes and holes. */
final class ContentCases {
  private static final long GIB = 1L << 30;

  private ContentCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("content");
    sizes(c);
    positions(c);
    truncation(c);
    large(c);
    holes(c);
    coherence(c);
    return c;
  }

  private static void sizes(CaseList c) {
    for (int size :
        new int[] {0, 1, 511, 4095, 4096, 4097, 65535, 65536, 131072, 131073, 1048576, 1048577}) {
      c.add(
          "content_of" + size + "Bytes_readsBack",
          fs -> {
            String content = pattern(size);
            fs.write("a", content);
            assertThat(fs.stat("a").size()).isEqualTo(size);
            assertThat(fs.read("a").equals(content)).isTrue();
          });
    }
    for (int chunk : new int[] {1, 7, 1000, 4096, 5000}) {
      c.add(
          "content_writtenInPiecesOf" + chunk + "_isTheSame",
          fs -> {
            String content = pattern(Math.min(chunk * 300, 300_000));
            Fd fd = fs.open("a", O_CREAT | O_WRONLY, 0644);
            for (int at = 0; at < content.length(); at += chunk) {
              int end = Math.min(at + chunk, content.length());
              assertThat(fd.write(content.substring(at, end))).isEqualTo(end - at);
            }
            assertThat(fs.read("a").equals(content)).isTrue();
          });
    }
    c.add(
        "content_everyByteValue_isKept",
        fs -> {
          StringBuilder all = new StringBuilder();
          for (char b = 0; b < 256; b++) {
            all.append(b);
          }
          fs.write("a", all.toString());
          assertThat(fs.read("a")).isEqualTo(all.toString());
        });
    c.add(
        "content_writtenBackwards_isTheSame",
        fs -> {
          String content = pattern(50_000);
          Fd fd = fs.open("a", O_CREAT | O_WRONLY, 0644);
          for (int at = 49_000; at >= 0; at -= 1000) {
            fd.pwrite(at, content.substring(at, at + 1000));
          }
          assertThat(fs.read("a").equals(content)).isTrue();
        });
    c.add(
        "content_overwriteAcrossPages_changesTheseBytesOnly",
        fs -> {
          String content = pattern(16384);
          fs.write("a", content);
          fs.open("a", O_WRONLY).pwrite(4090, "OVERWRITTEN!");
          assertThat(fs.read("a"))
              .isEqualTo(content.substring(0, 4090) + "OVERWRITTEN!" + content.substring(4102));
        });
    c.add(
        "write_nothing_changesNothing",
        fs -> {
          fs.write("a", "content");
          assertThat(fs.open("a", O_WRONLY).pwrite(100, "")).isZero();
          assertThat(fs.stat("a").size()).isEqualTo(7);
        });
  }

  private static void positions(CaseList c) {
    c.add(
        "read_pastTheEnd_answersNothing",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDONLY);
          assertThat(fd.pread(7, 10)).isEmpty();
          assertThat(fd.pread(GIB, 10)).isEmpty();
        });
    c.add(
        "read_acrossTheEnd_isShort",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDONLY);
          assertThat(fd.pread(4, 10)).isEqualTo("ent");
          assertThat(fd.read(100)).isEqualTo("content");
          assertThat(fd.read(100)).isEmpty();
        });
    c.add(
        "read_movesThePosition_preadDoesNot",
        fs -> {
          fs.write("a", "0123456789");
          Fd fd = fs.open("a", O_RDONLY);
          assertThat(fd.read(3)).isEqualTo("012");
          assertThat(fd.pread(8, 1)).isEqualTo("8");
          assertThat(fd.read(2)).isEqualTo("34");
        });
    c.add(
        "write_movesThePosition_pwriteDoesNot",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.write("ab");
          fd.pwrite(5, "z");
          fd.write("cd");
          assertThat(fs.read("a")).isEqualTo("abcd\0z");
        });
    c.add(
        "seek_end_countsFromTheSizeNow",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDWR);
          assertThat(fd.seek(0, SEEK_END)).isEqualTo(7);
          fs.truncate("a", 100);
          assertThat(fd.seek(-1, SEEK_END)).isEqualTo(99);
        });
    c.add(
        "seek_pastTheEnd_doesNotGrowTheFile",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDWR);
          assertThat(fd.seek(1000, SEEK_SET)).isEqualTo(1000);
          assertThat(fd.size()).isEqualTo(7);
          assertThat(fd.read(10)).isEmpty();
        });
    c.add(
        "dup_sharesThePosition",
        fs -> {
          fs.write("a", "0123456789");
          Fd fd = fs.open("a", O_RDONLY);
          try (Fd other = fd.dup()) {
            assertThat(fd.read(4)).isEqualTo("0123");
            assertThat(other.read(4)).isEqualTo("4567");
          }
        });
    c.add(
        "open_twice_hasTwoPositions",
        fs -> {
          fs.write("a", "0123456789");
          Fd one = fs.open("a", O_RDONLY);
          Fd two = fs.open("a", O_RDONLY);
          assertThat(one.read(4)).isEqualTo("0123");
          assertThat(two.read(4)).isEqualTo("0123");
        });
  }

  private static void truncation(CaseList c) {
    for (int size : new int[] {0, 1, 4095, 4096, 4097, 9999}) {
      c.add(
          "truncate_from10000To" + size + "_keepsTheStart",
          fs -> {
            String content = pattern(10_000);
            fs.write("a", content);
            fs.truncate("a", size);
            assertThat(fs.stat("a").size()).isEqualTo(size);
            assertThat(fs.read("a")).isEqualTo(content.substring(0, size));
          });
      c.add(
          "truncate_to" + size + "AndBack_leavesZeros",
          fs -> {
            String content = pattern(10_000);
            fs.write("a", content);
            Fd fd = fs.open("a", O_RDWR);
            assertThat(fd.pread(0, 10_000)).hasSize(10_000);
            fd.truncate(size);
            fd.truncate(10_000);
            assertThat(fs.read("a")).isEqualTo(content.substring(0, size) + zeros(10_000 - size));
          });
    }
    c.add(
        "truncate_grow_fillsWithZeros",
        fs -> {
          fs.write("a", "content");
          fs.truncate("a", 10_000);
          assertThat(fs.read("a")).isEqualTo("content" + zeros(9993));
        });
    c.add(
        "truncate_shrinkThenWriteFurther_gapIsZero",
        fs -> {
          fs.write("a", pattern(8192));
          Fd fd = fs.open("a", O_RDWR);
          fd.truncate(100);
          fd.pwrite(5000, "x");
          assertThat(fs.read("a")).isEqualTo(pattern(100) + zeros(4900) + "x");
        });
    c.add(
        "truncate_whileOpenElsewhere_sizeIsSeenAtOnce",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDONLY);
          fs.truncate("a", 3);
          assertThat(fd.size()).isEqualTo(3);
          assertThat(fd.read(10)).isEqualTo("con");
        });
    c.add(
        "ftruncate_doesNotMoveThePosition",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.write("content");
          fd.truncate(2);
          fd.write("x");
          assertThat(fs.read("a")).isEqualTo("co" + zeros(5) + "x");
        });
  }

  private static void large(CaseList c) {
    Map<String, Long> offsets = new LinkedHashMap<>();
    offsets.put("2GiBMinus1", 2 * GIB - 1);
    offsets.put("2GiB", 2 * GIB);
    offsets.put("4GiBMinus1", 4 * GIB - 1);
    offsets.put("4GiB", 4 * GIB);
    offsets.put("1TiB", 1024 * GIB);
    offsets.forEach(
        (label, offset) -> {
          c.add(
              "write_at" + label + "_readsBackAndTakesLittleSpace",
              fs -> {
                Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
                assertThat(fd.pwrite(offset, "far away")).isEqualTo(8);
                assertThat(fd.size()).isEqualTo(offset + 8);
                assertThat(fd.pread(offset, 100)).isEqualTo("far away");
                assertThat(fd.pread(offset - 4, 6)).isEqualTo(zeros(4) + "fa");
                assertThat(fd.stat().blocks()).isLessThan(200);
              });
          c.add(
              "truncate_to" + label + "_setsTheSize",
              fs -> {
                fs.write("a", "x");
                fs.truncate("a", offset);
                assertThat(fs.stat("a").size()).isEqualTo(offset);
                assertThat(fs.open("a", O_RDONLY).pread(offset - 1, 9)).isEqualTo("\0");
              });
        });
    c.add(
        "write_atTheLargestOffset_failsWithEfbig",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          expectOneOf(
              List.of(Errno.EFBIG, Errno.EINVAL), () -> fd.pwrite(Long.MAX_VALUE - 1, "xxxx"));
          assertThat(fd.size()).isZero();
        });
  }

  private static void holes(CaseList c) {
    c.add(
        "hole_readsAsZeros",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.pwrite(100_000, "x");
          assertThat(fd.pread(0, 100_001)).isEqualTo(zeros(100_000) + "x");
        });
    c.add(
        "seekData_skipsTheHole",
        fs -> {
          Fd fd = holey(fs);
          assertThat(fd.seek(0, SEEK_DATA)).isEqualTo(1 << 20);
          assertThat(fd.seek((1 << 20) + 5, SEEK_DATA)).isEqualTo((1 << 20) + 5);
        },
        Need.SEEK_HOLE);
    c.add(
        "seekHole_findsHoleAndEnd",
        fs -> {
          Fd fd = holey(fs);
          assertThat(fd.seek(0, SEEK_HOLE)).isZero();
          assertThat(fd.seek(1 << 20, SEEK_HOLE)).isEqualTo((1 << 20) + 4096);
          fs.write("b", pattern(4096));
          assertThat(fs.open("b", O_RDONLY).seek(0, SEEK_HOLE)).isEqualTo(4096);
        },
        Need.SEEK_HOLE);
    c.add(
        "seekDataAndHole_atTheEnd_failWithEnxio",
        fs -> {
          Fd fd = holey(fs);
          expect(Errno.ENXIO, () -> fd.seek(3 << 20, SEEK_DATA));
          expect(Errno.ENXIO, () -> fd.seek(3 << 20, SEEK_HOLE));
          expect(Errno.ENXIO, () -> fd.seek(2 << 20, SEEK_DATA));
        },
        Need.SEEK_HOLE);
    c.add(
        "hole_takesNoBlocks",
        fs -> {
          Fd fd = holey(fs);
          assertThat(fd.stat().blocks()).isBetween(1L, 64L);
          fs.write("b", pattern(65536));
          fs.open("b", O_RDWR).sync();
          assertThat(fs.stat("b").blocks()).isBetween(128L, 512L);
        },
        Need.SEEK_HOLE);
  }

  /** One block of data at 1 MiB in a file of 3 MiB. */
  private static Fd holey(Posix fs) {
    Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
    fd.pwrite(1 << 20, pattern(4096));
    fd.truncate(3 << 20);
    fd.sync();
    return fd;
  }

  private static void coherence(CaseList c) {
    c.add(
        "write_isReadByOtherDescriptorAtOnce",
        fs -> {
          Fd writer = fs.open("a", O_CREAT | O_RDWR, 0644);
          Fd reader = fs.open("a", O_RDONLY);
          for (int i = 0; i < 20; i++) {
            writer.write("record " + i + "\n");
            assertThat(reader.read(100)).isEqualTo("record " + i + "\n");
            assertThat(fs.stat("a").size()).isEqualTo(writer.size());
          }
        });
    c.add(
        "write_fromManyThreadsToTheirOwnRanges_allArrive",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          java.util.stream.IntStream.range(0, 64)
              .parallel()
              .forEach(i -> fd.pwrite(i * 1000L, String.valueOf((char) ('0' + i)).repeat(1000)));
          String content = fs.read("a");
          for (int i = 0; i < 64; i++) {
            assertThat(content.substring(i * 1000, i * 1000 + 1000))
                .isEqualTo(String.valueOf((char) ('0' + i)).repeat(1000));
          }
        });
    Map<String, java.util.function.Consumer<Fd>> syncs = new LinkedHashMap<>();
    syncs.put("fsync", Fd::sync);
    syncs.put("fdatasync", Fd::datasync);
    syncs.put("syncfs", Fd::syncfs);
    syncs.forEach(
        (label, sync) ->
            c.add(
                label + "_afterWrite_keepsContentAndTimes",
                fs -> {
                  Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
                  fd.write("content");
                  Stat before = fd.stat();
                  tick();
                  sync.accept(fd);
                  assertThat(fs.read("a")).isEqualTo("content");
                  assertThat(fd.stat().mtime()).isEqualTo(before.mtime());
                }));
    c.add(
        "fsync_onDirectory_works",
        fs -> {
          fs.mkdir("d");
          Fd fd = fs.open("d", O_RDONLY | O_DIRECTORY);
          fs.write("d/a", "x");
          fd.sync();
          fd.datasync();
          assertThat(fs.list("d")).containsExactly("a");
        });
    c.add(
        "fsync_onReadOnlyDescriptor_works",
        fs -> {
          fs.write("a", "x");
          Fd fd = fs.open("a", O_RDONLY);
          fd.sync();
          assertThat(fd.read(2)).isEqualTo("x");
        });
  }
}
