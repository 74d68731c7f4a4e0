package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which operations change which times. The time of access is left to mount options. */
final class TimeCases {
  private static final long SECOND = 1_000_000_000L;

  private TimeCases() {}

  /** What an operation does to the times of a name. */
  private enum Effect {
    NONE,
    CTIME,
    BOTH
  }

  /** An operation with its effect on the file a, and on the directory d that the file is in. */
  private record Rule(PosixCase.Body operation, Effect onFile, Effect onDirectory) {}

  private static Map<String, Rule> rules() {
    Map<String, Rule> r = new LinkedHashMap<>();
    r.put("read", rule(fs -> fs.read("d/a"), Effect.NONE, Effect.NONE));
    r.put("stat", rule(fs -> fs.stat("d/a"), Effect.NONE, Effect.NONE));
    r.put("list", rule(fs -> fs.list("d"), Effect.NONE, Effect.NONE));
    r.put("openForWrite", rule(fs -> fs.open("d/a", O_RDWR), Effect.NONE, Effect.NONE));
    r.put("write", rule(fs -> fs.open("d/a", 1).write("x"), Effect.BOTH, Effect.NONE));
    r.put("pwrite", rule(fs -> fs.open("d/a", 1).pwrite(99, "x"), Effect.BOTH, Effect.NONE));
    r.put("writeOfNothing", rule(fs -> fs.open("d/a", 1).write(""), Effect.NONE, Effect.NONE));
    r.put("truncateShrink", rule(fs -> fs.truncate("d/a", 1), Effect.BOTH, Effect.NONE));
    r.put("truncateGrow", rule(fs -> fs.truncate("d/a", 99), Effect.BOTH, Effect.NONE));
    r.put("ftruncate", rule(fs -> fs.open("d/a", 1).truncate(1), Effect.BOTH, Effect.NONE));
    r.put("openTrunc", rule(fs -> fs.open("d/a", 1 | O_TRUNC), Effect.BOTH, Effect.NONE));
    r.put("chmod", rule(fs -> fs.chmod("d/a", 0600), Effect.CTIME, Effect.NONE));
    r.put("chmodSameMode", rule(fs -> fs.chmod("d/a", 0644), Effect.CTIME, Effect.NONE));
    r.put("chown", rule(fs -> fs.chown("d/a", 1, 1), Effect.CTIME, Effect.NONE));
    r.put("setxattr", rule(fs -> fs.setxattr("d/a", "user.a", "b", 0), Effect.CTIME, Effect.NONE));
    r.put("utimens", rule(fs -> fs.utimens("d/a", 7, UTIME_OMIT), Effect.CTIME, Effect.NONE));
    r.put("touch", rule(fs -> fs.touch("d/a"), Effect.BOTH, Effect.NONE));
    r.put("link", rule(fs -> fs.link("d/a", "d/b"), Effect.CTIME, Effect.BOTH));
    r.put("linkElsewhere", rule(fs -> fs.link("d/a", "b"), Effect.CTIME, Effect.NONE));
    r.put("renameInside", rule(fs -> fs.rename("d/a", "d/b"), Effect.CTIME, Effect.BOTH));
    r.put("renameOut", rule(fs -> fs.rename("d/a", "b"), Effect.CTIME, Effect.BOTH));
    r.put("renameIn", rule(fs -> fs.rename("other", "d/b"), Effect.NONE, Effect.BOTH));
    r.put("unlinkOfSecondName", rule(fs -> fs.unlink("second"), Effect.CTIME, Effect.NONE));
    r.put("create", rule(fs -> fs.write("d/n", ""), Effect.NONE, Effect.BOTH));
    r.put("mkdir", rule(fs -> fs.mkdir("d/n"), Effect.NONE, Effect.BOTH));
    r.put("symlink", rule(fs -> fs.symlink("x", "d/n"), Effect.NONE, Effect.BOTH));
    r.put("mkfifo", rule(fs -> fs.mkfifo("d/n", 0644), Effect.NONE, Effect.BOTH));
    r.put("unlink", rule(fs -> fs.unlink("d/x"), Effect.NONE, Effect.BOTH));
    r.put("rmdir", rule(fs -> fs.rmdir("d/e"), Effect.NONE, Effect.BOTH));
    r.put("createBelow", rule(fs -> fs.write("d/e/n", ""), Effect.NONE, Effect.NONE));
    r.put("chmodOfDirectory", rule(fs -> fs.chmod("d", 0700), Effect.NONE, Effect.CTIME));
    r.put("failedCreate", rule(TimeCases::failToCreate, Effect.NONE, Effect.NONE));
    r.put("failedRmdir", rule(TimeCases::failToRemove, Effect.NONE, Effect.NONE));
    r.put("fsync", rule(fs -> fs.open("d/a", O_RDWR).sync(), Effect.NONE, Effect.NONE));
    return r;
  }

  private static Rule rule(PosixCase.Body operation, Effect onFile, Effect onDirectory) {
    return new Rule(operation, onFile, onDirectory);
  }

  private static void failToCreate(Posix fs) {
    expect(Errno.EEXIST, () -> fs.open("d/a", O_CREAT | O_EXCL | O_WRONLY, 0644));
  }

  private static void failToRemove(Posix fs) {
    fs.write("d/e/full", "");
    expect(Errno.ENOTEMPTY, () -> fs.rmdir("d/e"));
  }

  static CaseList cases() {
    CaseList c = new CaseList("times");
    rules().forEach((label, rule) -> rule(c, label, rule));
    explicit(c);
    visible(c);
    return c;
  }

  private static void rule(CaseList c, String label, Rule rule) {
    String onFile = rule.onFile().name().toLowerCase(java.util.Locale.ROOT);
    String onDir = rule.onDirectory().name().toLowerCase(java.util.Locale.ROOT);
    c.add(
        "times_" + label + "_changes_" + onFile + "_ofFile_" + onDir + "_ofDirectory",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          fs.write("d/a", "content");
          fs.write("d/x", "");
          fs.write("other", "");
          fs.link("d/a", "second");
          Fd file = fs.open("d/a", O_RDONLY);
          Stat fileBefore = file.stat();
          Stat dirBefore = fs.stat("d");
          tick();
          rule.operation().run(fs);
          check("file", rule.onFile(), fileBefore, file.stat());
          check("directory", rule.onDirectory(), dirBefore, fs.stat("d"));
        });
  }

  private static void check(String what, Effect effect, Stat before, Stat after) {
    if (effect == Effect.BOTH) {
      assertThat(after.mtime()).as("mtime of " + what).isGreaterThan(before.mtime());
    } else {
      assertThat(after.mtime()).as("mtime of " + what).isEqualTo(before.mtime());
    }
    if (effect == Effect.NONE) {
      assertThat(after.ctime()).as("ctime of " + what).isEqualTo(before.ctime());
    } else {
      assertThat(after.ctime()).as("ctime of " + what).isGreaterThan(before.ctime());
    }
  }

  private static void explicit(CaseList c) {
    Map<String, Long> times = new LinkedHashMap<>();
    times.put("nanosecond", 1_234_567_890_123_456_789L);
    times.put("lastNanosecond", 1_000_000_000L * SECOND + 999_999_999L);
    times.put("oneNanosecond", 1L);
    times.put("zero", 0L);
    times.put("before1970", -86_400L * SECOND + 5);
    times.put("after2038", 4_000_000_000L * SECOND + 123);
    times.forEach(
        (label, time) -> {
          c.add(
              "utimens_" + label + "_isKeptOnFile",
              fs -> {
                fs.write("a", "x");
                fs.utimens("a", time, time);
                assertThat(fs.stat("a").mtime()).isEqualTo(time);
                assertThat(fs.stat("a").atime()).isEqualTo(time);
              });
          c.add(
              "utimens_" + label + "_isKeptOnDirectory",
              fs -> {
                fs.mkdir("d");
                fs.utimens("d", time, time);
                assertThat(fs.stat("d").mtime()).isEqualTo(time);
              });
        });
    c.add(
        "utimens_omitMtime_setsAtimeOnly",
        fs -> {
          fs.write("a", "x");
          fs.utimens("a", 10, 20);
          fs.utimens("a", 30, UTIME_OMIT);
          assertThat(fs.stat("a").atime()).isEqualTo(30);
          assertThat(fs.stat("a").mtime()).isEqualTo(20);
        });
    c.add(
        "utimens_omitAtime_setsMtimeOnly",
        fs -> {
          fs.write("a", "x");
          fs.utimens("a", 10, 20);
          fs.utimens("a", UTIME_OMIT, 30);
          assertThat(fs.stat("a").atime()).isEqualTo(10);
          assertThat(fs.stat("a").mtime()).isEqualTo(30);
        });
    c.add(
        "utimens_omitBoth_changesNothing",
        fs -> {
          fs.write("a", "x");
          Stat before = fs.stat("a");
          tick();
          fs.utimens("a", UTIME_OMIT, UTIME_OMIT);
          assertThat(fs.stat("a")).isEqualTo(before);
        });
    c.add(
        "utimens_now_isTheClocksTime",
        fs -> {
          fs.write("a", "x");
          fs.utimens("a", 10, 20);
          long before = System.currentTimeMillis() * 1_000_000 - SECOND;
          fs.utimens("a", UTIME_NOW, UTIME_NOW);
          assertThat(fs.stat("a").mtime()).isBetween(before, before + 10 * SECOND);
          assertThat(fs.stat("a").atime()).isBetween(before, before + 10 * SECOND);
        });
    c.add(
        "futimens_descriptor_setsTheFilesTimes",
        fs -> {
          fs.open("a", O_CREAT | O_RDWR, 0644).utimens(11, 22);
          assertThat(fs.stat("a").mtime()).isEqualTo(22);
        });
    c.add(
        "lutimens_symlink_leavesTheTarget",
        fs -> {
          fs.write("a", "x");
          fs.symlink("a", "s");
          Stat before = fs.stat("a");
          fs.lutimens("s", 11, 22);
          assertThat(fs.lstat("s").mtime()).isEqualTo(22);
          assertThat(fs.stat("a").mtime()).isEqualTo(before.mtime());
        });
    c.add(
        "utimens_symlink_setsTheTarget",
        fs -> {
          fs.write("a", "x");
          fs.symlink("a", "s");
          long link = fs.lstat("s").mtime();
          fs.utimens("s", 11, 22);
          assertThat(fs.stat("a").mtime()).isEqualTo(22);
          assertThat(fs.lstat("s").mtime()).isEqualTo(link);
        });
    c.add(
        "utimens_afterWriteThroughOpenFile_isNotOverwrittenByClose",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_WRONLY, 0644);
          fd.write("content");
          fd.utimens(5, 6 * SECOND + 7);
          fd.close();
          assertThat(fs.stat("a").mtime()).isEqualTo(6 * SECOND + 7);
        });
    c.add(
        "utimens_invalidNanoseconds_failsWithEinval",
        fs -> {
          fs.write("a", "");
          jnr.ffi.Pointer bad = LibC.memory(32);
          bad.putLong(8, SECOND);
          expect(Errno.EINVAL, () -> LibC.call(Sys.UTIMENSAT, AT_FDCWD, fs.path("a"), bad, 0));
        });
  }

  private static void visible(CaseList c) {
    c.add(
        "times_writeThroughDescriptor_isSeenByNameAtOnce",
        fs -> {
          Fd fd = fs.open("a", O_CREAT | O_WRONLY, 0644);
          long before = fs.stat("a").mtime();
          tick();
          fd.write("x");
          assertThat(fs.stat("a").mtime()).isGreaterThan(before).isEqualTo(fd.stat().mtime());
        });
    c.add(
        "times_newFile_isAsOldAsNow",
        fs -> {
          long now = System.currentTimeMillis() * 1_000_000;
          fs.write("a", "");
          Stat stat = fs.stat("a");
          assertThat(stat.mtime()).isBetween(now - SECOND, now + 10 * SECOND);
          assertThat(stat.ctime()).isBetween(now - SECOND, now + 10 * SECOND);
        });
    c.add(
        "times_replacedFile_bothDirectoriesChange",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("e");
          fs.write("d/a", "");
          fs.write("e/a", "");
          final long d = fs.stat("d").mtime();
          final long e = fs.stat("e").mtime();
          tick();
          fs.rename("d/a", "e/a");
          assertThat(fs.stat("d").mtime()).isGreaterThan(d);
          assertThat(fs.stat("e").mtime()).isGreaterThan(e);
        });
    c.add(
        "btime_staysWhenEverythingElseChanges",
        fs -> {
          fs.write("a", "x");
          Stat before = fs.stat("a");
          assertThat(before.hasBtime()).isTrue();
          tick();
          fs.write("a", "other");
          fs.utimens("a", 1, 2);
          fs.rename("a", "b");
          assertThat(fs.stat("b").btime()).isEqualTo(before.btime());
        },
        Need.BTIME);
    c.add(
        "btime_newFile_isNow",
        fs -> {
          long now = System.currentTimeMillis() * 1_000_000;
          fs.write("a", "x");
          assertThat(fs.stat("a").btime()).isBetween(now - SECOND, now + 10 * SECOND);
        },
        Need.BTIME);
  }
}
