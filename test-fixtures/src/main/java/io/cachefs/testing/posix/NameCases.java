package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Names and the way to them. */
final class NameCases {
  private static final Map<String, String> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put("singleByte", "a");
    NAMES.put("255AsciiBytes", "n".repeat(255));
    NAMES.put("255BytesOf0xff", "\u00ff".repeat(255));
    NAMES.put("255BytesOfUtf8", Posix.utf8("\u20ac".repeat(85)));
    NAMES.put("newline", "one\ntwo");
    NAMES.put("carriageReturnAndTab", "one\r\ttwo");
    NAMES.put("byte0x01", "\u0001");
    NAMES.put("byte0x7f", "\u007f");
    NAMES.put("byte0x80Alone", "\u0080");
    NAMES.put("byte0xff", "a\u00ffb");
    NAMES.put("invalidUtf8Overlong", "\u00c0\u00af");
    NAMES.put("truncatedUtf8", "x\u00e2\u0082");
    NAMES.put("utf8Surrogate", "\u00ed\u00a0\u0080");
    NAMES.put("utf8Emoji", Posix.utf8("\ud83d\ude00"));
    NAMES.put("backslash", "a\\b");
    NAMES.put("colonAndStar", "c:*?\"<>|");
    NAMES.put("leadingSpaceAndTrailingDot", " a.");
    NAMES.put("leadingDash", "-rf");
    NAMES.put("threeDots", "...");
    NAMES.put("hiddenFile", ".hidden");
    NAMES.put("dotDotPrefix", "..a");
    NAMES.put("percentAndPlus", "%2F+%00");
    NAMES.put("looksLikeATemporaryFile", ".fuse_hidden0000000100000001");
    NAMES.put("looksLikeACacheFile", ".cachefs");
  }

  private NameCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("names");
    NAMES.forEach((label, name) -> everyUse(c, label, name));
    distinct(c);
    lengths(c);
    slashes(c);
    dots(c);
    return c;
  }

  /** A name works in every place that takes one and comes back byte for byte. */
  private static void everyUse(CaseList c, String label, String name) {
    c.add(
        "name_" + label + "_roundTripsInEveryOperation",
        fs -> {
          fs.write(name, "content");
          assertThat(fs.read(name)).isEqualTo("content");
          assertThat(fs.list(".")).containsExactly(name);
          fs.rename(name, "plain");
          fs.rename("plain", name);
          assertThat(fs.list(".")).containsExactly(name);
          fs.unlink(name);
          fs.mkdir(name);
          fs.write(name + "/inside", "x");
          assertThat(fs.list(name)).containsExactly("inside");
          fs.unlink(name + "/inside");
          fs.rmdir(name);
          fs.symlink(name, name);
          assertThat(fs.readlink(name)).isEqualTo(name);
          fs.unlink(name);
          assertThat(fs.list(".")).isEmpty();
        });
  }

  private static void distinct(CaseList c) {
    Map<String, List<String>> pairs = new LinkedHashMap<>();
    pairs.put("caseAscii", List.of("File", "file"));
    pairs.put("caseUnicode", List.of(Posix.utf8("\u00c4"), Posix.utf8("\u00e4")));
    pairs.put("unicodeComposedAndDecomposed", List.of(Posix.utf8("\u00e9"), Posix.utf8("e\u0301")));
    pairs.put("latin1AndUtf8", List.of("\u00e9", Posix.utf8("\u00e9")));
    pairs.put("invalidBytesThatDecodeAlike", List.of("\u00fe", "\u00ff"));
    pairs.put("replacementCharacterAndInvalidByte", List.of(Posix.utf8("\ufffd"), "\u00ff"));
    pairs.put("trailingSpace", List.of("a", "a "));
    pairs.put("trailingDot", List.of("a", "a."));
    pairs.put("last255thByte", List.of("n".repeat(254) + "a", "n".repeat(254) + "b"));
    pairs.forEach(
        (label, names) ->
            c.add(
                "names_" + label + "_areDistinct",
                fs -> {
                  fs.write(names.get(0), "first");
                  assertThat(fs.exists(names.get(1))).isFalse();
                  fs.write(names.get(1), "second");
                  assertThat(fs.read(names.get(0))).isEqualTo("first");
                  assertThat(fs.list(".")).hasSize(2);
                  fs.unlink(names.get(0));
                  assertThat(fs.list(".")).containsExactly(names.get(1));
                }));
  }

  private static void lengths(CaseList c) {
    String tooLong = "n".repeat(256);
    Map<String, PosixCase.Body> calls = new LinkedHashMap<>();
    calls.put("open", fs -> fs.open(tooLong, O_CREAT | O_WRONLY, 0644));
    calls.put("stat", fs -> fs.stat(tooLong));
    calls.put("mkdir", fs -> fs.mkdir(tooLong));
    calls.put("rmdir", fs -> fs.rmdir(tooLong));
    calls.put("unlink", fs -> fs.unlink(tooLong));
    calls.put("symlink", fs -> fs.symlink("target", tooLong));
    calls.put("link", fs -> fs.link("a", tooLong));
    calls.put("renameTo", fs -> fs.rename("a", tooLong));
    calls.put("renameFrom", fs -> fs.rename(tooLong, "b"));
    calls.put("mkfifo", fs -> fs.mkfifo(tooLong, 0644));
    calls.put("chmod", fs -> fs.chmod(tooLong, 0644));
    calls.put("truncate", fs -> fs.truncate(tooLong, 0));
    calls.put("throughIt", fs -> fs.stat(tooLong + "/a"));
    calls.forEach(
        (label, call) ->
            c.add(
                "name_256Bytes_" + label + "_failsWithEnametoolong",
                fs -> {
                  fs.write("a", "");
                  expect(Errno.ENAMETOOLONG, () -> call.run(fs));
                }));
    c.add(
        "path_4096Bytes_failsWithEnametoolong",
        fs -> expect(Errno.ENAMETOOLONG, () -> fs.stat("./".repeat(2048) + "a")));
    c.add(
        "path_100LevelsOf100Bytes_worksFromDescriptorToDescriptor",
        fs -> {
          String name = "d".repeat(100);
          Posix here = fs;
          for (int i = 0; i < 100; i++) {
            here.mkdir(name);
            here = fs.at(here.open(name, O_RDONLY | O_DIRECTORY));
          }
          here.write("bottom", "content");
          assertThat(here.read("bottom")).isEqualTo("content");
          assertThat(here.stat("bottom").size()).isEqualTo(7);
          here.rename("bottom", "renamed");
          assertThat(here.list(".")).containsExactly("renamed");
        });
    c.add(
        "path_30Levels_worksByName",
        fs -> {
          StringBuilder path = new StringBuilder("d");
          fs.mkdir("d");
          for (int i = 1; i < 30; i++) {
            path.append("/d").append(i);
            fs.mkdir(path.toString());
          }
          fs.write(path + "/a", "x");
          assertThat(fs.read(path + "/a")).isEqualTo("x");
        });
  }

  private static void slashes(CaseList c) {
    Map<String, PosixCase.Body> onFile = new LinkedHashMap<>();
    onFile.put("stat", fs -> fs.stat("a/"));
    onFile.put("lstat", fs -> fs.lstat("a/"));
    onFile.put("open", fs -> fs.open("a/", O_RDONLY));
    onFile.put("unlink", fs -> fs.unlink("a/"));
    onFile.put("renameFrom", fs -> fs.rename("a/", "b"));
    onFile.put("renameTo", fs -> fs.rename("a", "b/"));
    onFile.put("chmod", fs -> fs.chmod("a/", 0600));
    onFile.put("access", fs -> fs.access("a/", F_OK));
    onFile.forEach(
        (label, call) ->
            c.add(
                "trailingSlash_" + label + "OfFile_failsWithEnotdir",
                fs -> {
                  fs.write("a", "");
                  expect(Errno.ENOTDIR, () -> call.run(fs));
                  assertThat(fs.list(".")).containsExactly("a");
                }));
    c.add(
        "trailingSlash_createFile_failsWithEisdir",
        fs -> expect(Errno.EISDIR, () -> fs.open("a/", O_CREAT | O_WRONLY, 0644)));
    c.add(
        "trailingSlash_mkdir_works",
        fs -> {
          fs.mkdir("d/");
          assertThat(fs.list(".")).containsExactly("d");
        });
    c.add(
        "trailingSlash_rmdir_works",
        fs -> {
          fs.mkdir("d");
          fs.rmdir("d/");
          assertThat(fs.list(".")).isEmpty();
        });
    c.add(
        "trailingSlash_renameDirectory_works",
        fs -> {
          fs.mkdir("d");
          fs.rename("d/", "e/");
          assertThat(fs.list(".")).containsExactly("e");
        });
    c.add(
        "trailingSlash_lstatOfSymlinkToDirectory_follows",
        fs -> {
          fs.mkdir("d");
          fs.symlink("d", "s");
          assertThat(fs.lstat("s/").type()).isEqualTo(S_IFDIR);
        });
    c.add(
        "trailingSlash_rmdirOfSymlinkToDirectory_failsWithEnotdir",
        fs -> {
          fs.mkdir("d");
          fs.symlink("d", "s");
          expect(Errno.ENOTDIR, () -> fs.rmdir("s/"));
        });
    c.add(
        "manySlashes_countAsOne",
        fs -> {
          fs.mkdir("d");
          fs.write("d///a", "x");
          assertThat(fs.read(".//d/.//a")).isEqualTo("x");
        });
  }

  private static void dots(CaseList c) {
    c.add(
        "dotDot_leadsToTheParent",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          assertThat(fs.stat("d/e/..").ino()).isEqualTo(fs.stat("d").ino());
          fs.write("d/e/../a", "x");
          assertThat(fs.list("d")).containsExactly("a", "e");
        });
    c.add(
        "dotDot_throughFile_failsWithEnotdir",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENOTDIR, () -> fs.stat("a/.."));
        });
    c.add(
        "dotDot_throughSymlink_isTheParentOfItsTarget",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          fs.symlink("d/e", "s");
          assertThat(fs.stat("s/..").ino()).isEqualTo(fs.stat("d").ino());
        });
    c.add(
        "rmdir_dot_failsWithEinval",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EINVAL, () -> fs.rmdir("d/."));
        });
    c.add(
        "rmdir_dotDot_failsWithEnotempty",
        fs -> {
          fs.mkdir("d");
          fs.mkdir("d/e");
          expect(Errno.ENOTEMPTY, () -> fs.rmdir("d/e/.."));
        });
    c.add("mkdir_dot_failsWithEexist", fs -> expect(Errno.EEXIST, () -> fs.mkdir("./.")));
    c.add(
        "rename_dot_failsWithEbusy",
        fs -> {
          fs.mkdir("d");
          expect(Errno.EBUSY, () -> fs.rename("d/.", "e"));
          expect(Errno.EBUSY, () -> fs.rename("d/..", "e"));
        });
    c.add(
        "emptyName_failsWithEnoent",
        fs -> {
          Posix here = fs.at(fs.open(".", O_RDONLY | O_DIRECTORY));
          expect(Errno.ENOENT, () -> here.stat(""));
          expect(Errno.ENOENT, () -> here.mkdir(""));
          expect(Errno.ENOENT, () -> here.open("", O_RDONLY));
        });
  }
}
