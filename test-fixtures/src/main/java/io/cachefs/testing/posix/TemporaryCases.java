package io.cachefs.testing.posix;

import static io.cachefs.testing.posix.Expect.*;
import static io.cachefs.testing.posix.Flags.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** Files that have no name from the start, and input and output past the page cache. */
final class TemporaryCases {
  private TemporaryCases() {}

  static CaseList cases() {
    CaseList c = new CaseList("open without name or cache");
    temporary(c);
    direct(c);
    return c;
  }

  private static void temporary(CaseList c) {
    c.add(
        "tmpfile_hasNoNameAndNoLinks",
        fs -> {
          Stat stat = fs.open(".", O_TMPFILE | O_RDWR, 0600).stat();
          assertThat(List.of(stat.nlink(), stat.type(), stat.perm()))
              .isEqualTo(List.of(0, S_IFREG, 0600));
          assertThat(fs.list(".")).isEmpty();
        },
        Need.TMPFILE);
    c.add(
        "tmpfile_writeAndRead",
        fs -> {
          Fd fd = fs.open(".", O_TMPFILE | O_RDWR, 0600);
          fd.write("content");
          assertThat(fd.pread(0, 10)).isEqualTo("content");
        },
        Need.TMPFILE);
    c.add(
        "tmpfile_linkedThroughProc_getsItsName",
        fs -> {
          Fd fd = fs.open(".", O_TMPFILE | O_RDWR, 0600);
          fd.write("content");
          fs.link(fd.procPath(), "a", AT_SYMLINK_FOLLOW);
          assertThat(fs.read("a")).isEqualTo("content");
          assertThat(fd.stat().nlink()).isEqualTo(1);
        },
        Need.TMPFILE);
    c.add(
        "tmpfile_linkedByDescriptor_getsItsName",
        fs -> {
          Fd fd = fs.open(".", O_TMPFILE | O_RDWR, 0600);
          fs.link(fd, "a");
          assertThat(fs.stat("a").ino()).isEqualTo(fd.stat().ino());
        },
        Need.TMPFILE,
        Need.ROOT);
    c.add(
        "tmpfile_withExcl_cannotBeLinked",
        fs -> {
          Fd fd = fs.open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600);
          expect(Errno.ENOENT, () -> fs.link(fd.procPath(), "a", AT_SYMLINK_FOLLOW));
        },
        Need.TMPFILE);
    c.add(
        "tmpfile_readOnly_failsWithEinval",
        fs -> expect(Errno.EINVAL, () -> fs.open(".", O_TMPFILE | O_RDONLY, 0600)));
    c.add(
        "tmpfile_onFile_failsWithEnotdir",
        fs -> {
          fs.write("a", "");
          expect(Errno.ENOTDIR, () -> fs.open("a", O_TMPFILE | O_RDWR, 0600));
        });
  }

  private static void direct(CaseList c) {
    c.add(
        "direct_alignedWriteReadsBackBothWays",
        fs -> {
          String content = pattern(8192);
          Fd fd = fs.open("a", O_CREAT | O_RDWR | O_DIRECT, 0644);
          assertThat(fd.pwriteAligned(0, content, 0)).isEqualTo(8192);
          assertThat(fd.preadAligned(4096, 4096)).isEqualTo(content.substring(4096));
          assertThat(fs.read("a")).isEqualTo(content);
        },
        Need.O_DIRECT);
    c.add(
        "direct_readSeesWhatWasWrittenThroughTheCache",
        fs -> {
          String content = pattern(4096);
          fs.write("a", content);
          assertThat(fs.open("a", O_RDONLY | O_DIRECT).preadAligned(0, 4096)).isEqualTo(content);
        },
        Need.O_DIRECT);
    c.add(
        "direct_writeIsSeenByCachedReader",
        fs -> {
          fs.write("a", "x".repeat(4096));
          Fd reader = fs.open("a", O_RDONLY);
          assertThat(reader.pread(0, 1)).isEqualTo("x");
          fs.open("a", O_WRONLY | O_DIRECT).pwriteAligned(0, "y".repeat(4096), 0);
          assertThat(reader.pread(0, 2)).isEqualTo("yy");
        },
        Need.O_DIRECT);
    c.add(
        "direct_readPastTheEnd_isShort",
        fs -> {
          fs.write("a", "abc");
          Fd fd = fs.open("a", O_RDONLY | O_DIRECT);
          assertThat(fd.preadAligned(0, 4096)).isEqualTo("abc");
          assertThat(fd.preadAligned(4096, 4096)).isEmpty();
        },
        Need.O_DIRECT);
  }
}
