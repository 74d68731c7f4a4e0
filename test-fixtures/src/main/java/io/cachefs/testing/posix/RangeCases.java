package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Mapped files, copies inside the kernel, and space given and taken. */
final class RangeCases {
  private RangeCases() {}

  static CaseList mappings() {
    CaseList c = new CaseList("mappings", Need.MMAP);
    c.add(
        "mmap_shared_seesTheContent",
        fs -> {
          fs.write("a", pattern(8192));
          Mapping m = fs.open("a", O_RDONLY).mmap(PROT_READ, MAP_SHARED, 8192, 0);
          assertThat(m.get(0, 8192)).isEqualTo(pattern(8192));
        });
    c.add(
        "mmap_sharedStore_isReadAtOnce",
        fs -> {
          fs.write("a", pattern(4096));
          Fd fd = fs.open("a", O_RDWR);
          Fd reader = fs.open("a", O_RDONLY);
          assertThat(reader.pread(0, 5)).isEqualTo("block");
          fd.mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 4096, 0).put(0, "BLOCK");
          assertThat(reader.pread(0, 5)).isEqualTo("BLOCK");
        });
    c.add(
        "mmap_write_isSeenInTheMappingAtOnce",
        fs -> {
          fs.write("a", pattern(4096));
          Mapping m = fs.open("a", O_RDONLY).mmap(PROT_READ, MAP_SHARED, 4096, 0);
          assertThat(m.get(0, 5)).isEqualTo("block");
          fs.open("a", O_WRONLY).pwrite(0, "BLOCK");
          assertThat(m.get(0, 5)).isEqualTo("BLOCK");
        });
    c.add(
        "mmap_sharedStoreWithMsync_staysAfterClose",
        fs -> {
          fs.write("a", pattern(4096));
          Fd fd = fs.open("a", O_RDWR);
          Mapping m = fd.mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 4096, 0);
          m.put(100, "STORED");
          m.sync();
          m.close();
          fd.close();
          assertThat(fs.read("a").substring(100, 106)).isEqualTo("STORED");
        });
    c.add(
        "mmap_private_storeStaysPrivate",
        fs -> {
          fs.write("a", pattern(4096));
          Mapping m = fs.open("a", O_RDONLY).mmap(PROT_READ | PROT_WRITE, MAP_PRIVATE, 4096, 0);
          m.put(0, "BLOCK");
          assertThat(m.get(0, 5)).isEqualTo("BLOCK");
          assertThat(fs.read("a")).isEqualTo(pattern(4096));
        });
    c.add(
        "mmap_twoMappings_seeEachOther",
        fs -> {
          fs.write("a", pattern(4096));
          Mapping one = fs.open("a", 2).mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 4096, 0);
          Mapping two = fs.open("a", O_RDONLY).mmap(PROT_READ, MAP_SHARED, 4096, 0);
          one.put(10, "shared");
          assertThat(two.get(10, 6)).isEqualTo("shared");
        });
    c.add(
        "mmap_offset_mapsThatPage",
        fs -> {
          fs.write("a", pattern(12288));
          Mapping m = fs.open("a", O_RDONLY).mmap(PROT_READ, MAP_SHARED, 4096, 8192);
          assertThat(m.get(0, 4096)).isEqualTo(pattern(12288).substring(8192));
        });
    c.add(
        "mmap_lastPage_isZeroPastTheEndAndStoresThereAreLost",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDWR);
          Mapping m = fd.mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 4096, 0);
          assertThat(m.get(0, 100)).isEqualTo("content" + zeros(93));
          m.put(50, "lost");
          m.sync();
          assertThat(fd.size()).isEqualTo(7);
          assertThat(fs.read("a")).isEqualTo("content");
        });
    c.add(
        "mmap_writableSharedOfReadOnlyDescriptor_failsWithEacces",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDONLY);
          expect(Errno.EACCES, () -> fd.mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 4096, 0));
        });
    c.add(
        "mmap_sharedStore_changesMtimeAfterMsync",
        fs -> {
          fs.write("a", pattern(4096));
          Fd fd = fs.open("a", O_RDWR);
          long before = fd.stat().mtime();
          Mapping m = fd.mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 4096, 0);
          tick();
          m.put(0, "BLOCK");
          m.sync();
          assertThat(fs.stat("a").mtime()).isGreaterThan(before);
        });
    c.add(
        "mmap_growThenMap_newPartIsWritable",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          fd.truncate(1 << 20);
          Mapping m = fd.mmap(PROT_READ | PROT_WRITE, MAP_SHARED, 1 << 20, 0);
          m.put((1 << 20) - 4, "tail");
          m.sync();
          assertThat(fs.read("a").equals(zeros((1 << 20) - 4) + "tail")).isTrue();
        });
    return c;
  }

  static CaseList copies() {
    CaseList c = new CaseList("copy_file_range", Need.COPY_FILE_RANGE);
    c.add(
        "copyFileRange_wholeFile_copiesTheContent",
        fs -> {
          fs.write("a", pattern(100_000));
          Fd from = fs.open("a", O_RDONLY);
          Fd to = fs.open("b", O_CREAT | O_RDWR, 0644);
          copyAll(from, to, 100_000);
          assertThat(fs.read("b").equals(pattern(100_000))).isTrue();
        });
    c.add(
        "copyFileRange_offsets_areHonouredAndPositionsStay",
        fs -> {
          fs.write("a", "0123456789");
          fs.write("b", "abcdefghij");
          Fd from = fs.open("a", O_RDONLY);
          Fd to = fs.open("b", O_RDWR);
          assertThat(from.copyTo(2, to, 5, 3)).isEqualTo(3);
          assertThat(fs.read("b")).isEqualTo("abcde234ij");
          assertThat(from.seek(0, SEEK_CUR)).isZero();
          assertThat(to.seek(0, SEEK_CUR)).isZero();
        });
    c.add(
        "copyFileRange_withoutOffsets_movesBothPositions",
        fs -> {
          fs.write("a", "0123456789");
          Fd from = fs.open("a", O_RDONLY);
          Fd to = fs.open("b", O_CREAT | O_RDWR, 0644);
          assertThat(from.copyTo(-1, to, -1, 4)).isEqualTo(4);
          assertThat(from.copyTo(-1, to, -1, 4)).isEqualTo(4);
          assertThat(from.seek(0, SEEK_CUR)).isEqualTo(8);
          assertThat(fs.read("b")).isEqualTo("01234567");
        });
    c.add(
        "copyFileRange_pastTheEnd_isShortThenZero",
        fs -> {
          fs.write("a", "0123456789");
          Fd from = fs.open("a", O_RDONLY);
          Fd to = fs.open("b", O_CREAT | O_RDWR, 0644);
          assertThat(from.copyTo(6, to, 0, 100)).isEqualTo(4);
          assertThat(from.copyTo(10, to, 4, 100)).isZero();
        });
    c.add(
        "copyFileRange_sameFileWithoutOverlap_works",
        fs -> {
          fs.write("a", "0123456789");
          Fd fd = fs.open("a", O_RDWR);
          assertThat(fd.copyTo(0, fd, 5, 5)).isEqualTo(5);
          assertThat(fs.read("a")).isEqualTo("0123401234");
        });
    c.add(
        "copyFileRange_overlap_failsWithEinval",
        fs -> {
          fs.write("a", "0123456789");
          Fd fd = fs.open("a", O_RDWR);
          expect(Errno.EINVAL, () -> fd.copyTo(0, fd, 3, 5));
        });
    c.add(
        "copyFileRange_targetReadOnly_failsWithEbadf",
        fs -> {
          fs.write("a", "x");
          fs.write("b", "");
          Fd from = fs.open("a", O_RDONLY);
          expect(Errno.EBADF, () -> from.copyTo(0, fs.open("b", O_RDONLY), 0, 1));
        });
    c.add(
        "copyFileRange_targetAppends_failsWithEbadf",
        fs -> {
          fs.write("a", "x");
          fs.write("b", "");
          Fd from = fs.open("a", O_RDONLY);
          expect(Errno.EBADF, () -> from.copyTo(0, fs.open("b", O_WRONLY | O_APPEND), 0, 1));
        });
    c.add(
        "copyFileRange_directory_failsWithEisdir",
        fs -> {
          fs.mkdir("d");
          Fd to = fs.open("b", O_CREAT | O_RDWR, 0644);
          expect(Errno.EISDIR, () -> fs.open("d", O_RDONLY).copyTo(0, to, 0, 1));
        });
    c.add(
        "copyFileRange_beyondTheTargetsEnd_leavesAHoleOfZeros",
        fs -> {
          fs.write("a", "content");
          Fd to = fs.open("b", O_CREAT | O_RDWR, 0644);
          fs.open("a", O_RDONLY).copyTo(0, to, 5000, 7);
          assertThat(fs.read("b")).isEqualTo(zeros(5000) + "content");
        });
    c.add(
        "copyFileRange_afterUnsyncedWrite_copiesTheNewContent",
        fs -> {
          Fd from = fs.open("a", O_CREAT | O_RDWR, 0644);
          from.write("old content");
          from.pwrite(0, "NEW");
          Fd to = fs.open("b", O_CREAT | O_RDWR, 0644);
          from.copyTo(0, to, 0, 11);
          assertThat(to.pread(0, 20)).isEqualTo("NEW content");
        });
    return c;
  }

  private static void copyAll(Fd from, Fd to, int size) {
    for (long done = 0; done < size; ) {
      long some = from.copyTo(done, to, done, size - done);
      assertThat(some).isPositive();
      done += some;
    }
  }

  static CaseList space() {
    CaseList c = new CaseList("fallocate", Need.FALLOCATE);
    c.add(
        "fallocate_growsWithZeros",
        fs -> {
          fs.write("a", "content");
          fs.open("a", O_RDWR).fallocate(0, 0, 10_000);
          assertThat(fs.read("a")).isEqualTo("content" + zeros(9993));
          assertThat(fs.stat("a").blocks()).isGreaterThanOrEqualTo(20);
        });
    c.add(
        "fallocate_insideTheFile_keepsContentAndSize",
        fs -> {
          fs.write("a", pattern(10_000));
          fs.open("a", O_RDWR).fallocate(0, 1000, 100);
          assertThat(fs.read("a")).isEqualTo(pattern(10_000));
        });
    c.add(
        "fallocate_keepSize_reservesOnly",
        fs -> {
          fs.write("a", "content");
          fs.open("a", O_RDWR).fallocate(FALLOC_KEEP_SIZE, 0, 1 << 20);
          assertThat(fs.stat("a").size()).isEqualTo(7);
          assertThat(fs.stat("a").blocks()).isGreaterThanOrEqualTo(2048);
        });
    c.add(
        "fallocate_lengthZero_failsWithEinval",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_RDWR, 0644);
          expect(Errno.EINVAL, () -> fd.fallocate(0, 0, 0));
          expect(Errno.EINVAL, () -> fd.fallocate(0, -1, 10));
        });
    c.add(
        "fallocate_readOnlyDescriptor_failsWithEbadf",
        fs -> {
          fs.write("a", "");
          expect(Errno.EBADF, () -> fs.open("a", O_RDONLY).fallocate(0, 0, 10));
        });
    int punch = FALLOC_PUNCH_HOLE | FALLOC_KEEP_SIZE;
    Map<String, Integer> zeroing = new LinkedHashMap<>();
    zeroing.put("punchHole", punch);
    zeroing.put("zeroRange", FALLOC_ZERO_RANGE);
    zeroing.forEach(
        (label, mode) -> {
          for (int[] range : List.of(new int[] {4096, 8192}, new int[] {100, 9000})) {
            c.add(
                "fallocate_" + label + "At" + range[0] + "_leavesZerosThere",
                fs -> {
                  String content = pattern(20_000);
                  fs.write("a", content);
                  Fd fd = fs.open("a", O_RDWR);
                  assertThat(fd.pread(0, 20_000)).isEqualTo(content);
                  fd.fallocate(mode, range[0], range[1]);
                  int end = range[0] + range[1];
                  assertThat(fs.read("a"))
                      .isEqualTo(
                          content.substring(0, range[0])
                              + zeros(range[1])
                              + content.substring(end));
                },
                Need.FALLOCATE_RANGE);
          }
        });
    c.add(
        "fallocate_punchHole_freesBlocks",
        fs -> {
          fs.write("a", pattern(1 << 20));
          Fd fd = fs.open("a", O_RDWR);
          fd.sync();
          long before = fd.stat().blocks();
          fd.fallocate(punch, 0, 1 << 19);
          fd.sync();
          assertThat(fd.stat().blocks()).isLessThan(before);
          assertThat(fd.size()).isEqualTo(1 << 20);
        },
        Need.FALLOCATE_RANGE);
    c.add(
        "fallocate_punchHoleWithoutKeepSize_failsWithEopnotsupp",
        fs -> {
          fs.write("a", pattern(8192));
          Fd fd = fs.open("a", O_RDWR);
          expect(Errno.EOPNOTSUPP, () -> fd.fallocate(FALLOC_PUNCH_HOLE, 0, 4096));
        },
        Need.FALLOCATE_RANGE);
    c.add(
        "fallocate_zeroRangePastTheEnd_growsUnlessSizeIsKept",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDWR);
          fd.fallocate(FALLOC_ZERO_RANGE | FALLOC_KEEP_SIZE, 4, 100);
          assertThat(fs.read("a")).isEqualTo("cont" + zeros(3));
          fd.fallocate(FALLOC_ZERO_RANGE, 2, 98);
          assertThat(fs.read("a")).isEqualTo("co" + zeros(98));
        },
        Need.FALLOCATE_RANGE);
    c.add(
        "fallocate_collapseRange_movesTheRestForward",
        fs -> {
          String content = pattern(16384);
          fs.write("a", content);
          fs.open("a", O_RDWR).fallocate(FALLOC_COLLAPSE_RANGE, 4096, 4096);
          assertThat(fs.read("a")).isEqualTo(content.substring(0, 4096) + content.substring(8192));
        },
        Need.FALLOCATE_SHIFT);
    c.add(
        "fallocate_insertRange_movesTheRestBack",
        fs -> {
          String content = pattern(16384);
          fs.write("a", content);
          fs.open("a", O_RDWR).fallocate(FALLOC_INSERT_RANGE, 4096, 4096);
          assertThat(fs.read("a"))
              .isEqualTo(content.substring(0, 4096) + zeros(4096) + content.substring(4096));
        },
        Need.FALLOCATE_SHIFT);
    return c;
  }
}
