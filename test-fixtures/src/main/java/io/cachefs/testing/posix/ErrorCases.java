package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which error a call answers when its name is not what it should be. */
final class ErrorCases {
  private ErrorCases() {}

  /** A call on a name. */
  private interface Call {
    void run(Posix fs, String name) throws Exception;
  }

  private static Map<String, Call> anyFileCalls() {
    Map<String, Call> calls = new LinkedHashMap<>();
    calls.put("open", (fs, n) -> fs.open(n, O_RDONLY));
    calls.put("stat", Posix::stat);
    calls.put("lstat", Posix::lstat);
    calls.put("chmod", (fs, n) -> fs.chmod(n, 0600));
    calls.put("chown", (fs, n) -> fs.chown(n, -1, -1));
    calls.put("lchown", (fs, n) -> fs.lchown(n, -1, -1));
    calls.put("utimens", (fs, n) -> fs.utimens(n, UTIME_NOW, UTIME_NOW));
    calls.put("access", (fs, n) -> fs.access(n, F_OK));
    calls.put("truncate", (fs, n) -> fs.truncate(n, 0));
    calls.put("readlink", Posix::readlink);
    calls.put("unlink", Posix::unlink);
    calls.put("rmdir", Posix::rmdir);
    calls.put("linkFrom", (fs, n) -> fs.link(n, "new"));
    calls.put("renameFrom", (fs, n) -> fs.rename(n, "new"));
    calls.put("statfs", Posix::statfs);
    calls.put("getxattr", (fs, n) -> fs.getxattr(n, "user.a"));
    calls.put("listxattr", Posix::listxattr);
    return calls;
  }

  private static Map<String, Call> creatingCalls() {
    Map<String, Call> calls = new LinkedHashMap<>();
    calls.put("create", (fs, n) -> fs.open(n, O_CREAT | O_EXCL | O_WRONLY, 0644));
    calls.put("mkdir", Posix::mkdir);
    calls.put("symlink", (fs, n) -> fs.symlink("target", n));
    calls.put("linkTo", (fs, n) -> fs.link("file", n));
    calls.put("mkfifo", (fs, n) -> fs.mkfifo(n, 0644));
    return calls;
  }

  static CaseList cases() {
    CaseList c = new CaseList("errors");
    Map<String, Call> all = anyFileCalls();
    all.putAll(creatingCalls());
    all.put("renameTo", (fs, n) -> fs.rename("file", n));
    anyFileCalls()
        .forEach(
            (label, call) -> add(c, label, "missing", Errno.ENOENT, fs -> {}, call, "missing"));
    all.forEach(
        (label, call) ->
            add(c, label, "belowMissing", Errno.ENOENT, fs -> {}, call, "missing/name"));
    all.forEach(
        (label, call) -> add(c, label, "belowFile", Errno.ENOTDIR, fs -> {}, call, "file/name"));
    all.forEach(
        (label, call) ->
            add(
                c,
                label,
                "belowSymlinkLoop",
                Errno.ELOOP,
                fs -> fs.symlink("loop", "loop"),
                call,
                "loop/name"));
    creatingCalls()
        .forEach(
            (label, call) -> {
              add(c, label, "overFile", Errno.EEXIST, fs -> {}, call, "file");
              add(c, label, "overDirectory", Errno.EEXIST, fs -> fs.mkdir("d"), call, "d");
              add(
                  c,
                  label,
                  "overDanglingSymlink",
                  Errno.EEXIST,
                  fs -> fs.symlink("missing", "s"),
                  call,
                  "s");
            });
    single(c);
    return c;
  }

  private static void add(
      CaseList c,
      String label,
      String situation,
      Errno errno,
      PosixCase.Body prepare,
      Call call,
      String name) {
    c.add(
        label + "_" + situation + "_failsWith" + title(errno),
        fs -> {
          fs.write("file", "content");
          prepare.run(fs);
          expect(errno, () -> call.run(fs, name));
          assertThat(fs.read("file")).isEqualTo("content");
        });
  }

  private static String title(Errno errno) {
    return errno.name().charAt(0) + errno.name().substring(1).toLowerCase(java.util.Locale.ROOT);
  }

  private static void single(CaseList c) {
    c.add(
        "unlink_directory_failsWithEisdir",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EISDIR, () -> fs.unlink("d"));
          assertThat(fs.list(".")).containsExactly("d");
        });
    c.add(
        "rmdir_file_failsWithEnotdir",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENOTDIR, () -> fs.rmdir("a"));
        });
    c.add(
        "rmdir_symlinkToDirectory_failsWithEnotdir",
        fs -> {
          fs.mkdir("d");
          fs.symlink("d", "s");
          expect(Errno.ENOTDIR, () -> fs.rmdir("s"));
        });
    c.add(
        "rmdir_withFile_failsWithEnotempty",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "x");
          expect(Errno.ENOTEMPTY, () -> fs.rmdir("d"));
          assertThat(fs.read("d/a")).isEqualTo("x");
        });
    c.add(
        "rmdir_withDirectory_failsWithEnotempty",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          expect(Errno.ENOTEMPTY, () -> fs.rmdir("d"));
        });
    c.add(
        "rmdir_withDanglingSymlink_failsWithEnotempty",
        fs -> {
          fs.mkdir("d");
          fs.symlink("missing", "d/s");
          expect(Errno.ENOTEMPTY, () -> fs.rmdir("d"));
        });
    c.add(
        "rmdir_afterEverythingWasRemoved_works",
        fs -> {
          fs.mkdir("d");
          fs.write("d/a", "");
          fs.unlink("d/a");
          fs.rmdir("d");
          assertThat(fs.exists("d")).isFalse();
        });
    c.add(
        "truncate_directory_failsWithEisdir",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EISDIR, () -> fs.truncate("d", 0));
        });
    c.add(
        "truncate_negativeSize_failsWithEinval",
        fs -> {
          fs.write("a", "content");
          expect(Errno.EINVAL, () -> fs.truncate("a", -1));
          expect(Errno.EINVAL, () -> fs.open("a", O_RDWR).truncate(-1));
          assertThat(fs.read("a")).isEqualTo("content");
        });
    c.add(
        "pread_negativeOffset_failsWithEinval",
        fs -> {
          fs.write("a", "content");
          expect(Errno.EINVAL, () -> fs.open("a", O_RDONLY).pread(-1, 1));
        });
    c.add(
        "seek_beforeTheStart_failsWithEinval",
        fs -> {
          fs.write("a", "content");
          Fd fd = fs.open("a", O_RDONLY);
          expect(Errno.EINVAL, () -> fd.seek(-1, SEEK_SET));
          expect(Errno.EINVAL, () -> fd.seek(-8, SEEK_END));
          assertThat(fd.seek(0, SEEK_CUR)).isZero();
        });
    c.add(
        "access_symlinkLoop_failsWithEloop",
        fs -> {
          fs.symlink("b", "a");
          fs.symlink("a", "b");
          expect(Errno.ELOOP, () -> fs.access("a", F_OK));
          expect(Errno.ELOOP, () -> fs.open("b", O_CREAT | O_WRONLY, 0644));
        });
    c.add(
        "unlink_twice_failsWithEnoent",
        fs -> {
          fs.write("a", "");
          fs.unlink("a");
          expect(Errno.ENOENT, () -> fs.unlink("a"));
        });
    c.add(
        "stat_afterFailedLookup_seesFileCreatedSince",
        fs -> {
          expect(Errno.ENOENT, () -> fs.stat("a"));
          fs.write("a", "x");
          assertThat(fs.stat("a").size()).isEqualTo(1);
          fs.unlink("a");
          expect(Errno.ENOENT, () -> fs.stat("a"));
          fs.mkdir("a");
          assertThat(fs.stat("a").type()).isEqualTo(S_IFDIR);
        });
    c.add(
        "getdents_onFile_failsWithEnotdir",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENOTDIR, () -> fs.open("a", O_RDONLY).entries());
        });
    c.add(
        "getdents_bufferTooSmall_failsWithEinval",
        fs -> {
          fs.write("a".repeat(100), "");
          expect(
              Errno.EINVAL,
              () -> {
                Fd fd = fs.open(".", O_RDONLY);
                while (!fd.getdents(32).isEmpty()) {
                  // "." and ".." fit, the long name does not.
                }
              });
        });
  }
}
