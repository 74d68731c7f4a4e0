package io.cachefs.store;

import static io.cachefs.store.IndexSamples.file;
import static io.cachefs.store.IndexSamples.listed;
import static io.cachefs.store.IndexSamples.name;
import static org.assertj.core.api.Assertions.assertThat;

import io.cachefs.base.Attributes;
import io.cachefs.base.FileKey;
import io.cachefs.base.Mode;
import io.cachefs.base.Timestamp;
import io.cachefs.base.Version;
import io.cachefs.store.XattrRecord.Xattr;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every index promises. Each test asks twice: right after the change was handed over, and when
 * it was written.
 */
public abstract class IndexContract {
  private static final FileKey DIRECTORY = file(1);

  @TempDir Path directory;
  private Index index = new InMemoryIndex();

  /** Opens an empty index; the directory exists and is empty. */
  protected abstract Index open(Path empty) throws Exception;

  /** Looks at an index. */
  private interface Look {
    void at(Index index);
  }

  @BeforeEach
  void openIndex() throws Exception {
    index = open(directory);
  }

  @AfterEach
  void closeIndex() {
    assertThat(index.status().damaged()).isZero();
    assertThat(index.status().dropped()).isZero();
    assertThat(index.status().failure()).isNull();
    index.close();
  }

  private void seesNowAndLater(Look look) throws StoreException {
    look.at(index);
    index.flush();
    look.at(index);
  }

  @Test
  void inode_isFoundAsItWasPut() throws StoreException {
    InodeRecord plain = IndexSamples.inode(7, 9);
    Attributes odd =
        new Attributes(
            -1,
            -2,
            Mode.SOCKET | 07777,
            -3,
            -4,
            -5,
            -6,
            Long.MAX_VALUE,
            Long.MIN_VALUE,
            -7,
            new Timestamp(Long.MIN_VALUE, 999_999_999),
            new Timestamp(Long.MAX_VALUE, 0),
            new Timestamp(-1, 1),
            null);
    InodeRecord strange =
        new InodeRecord(
            odd,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            InodeRecord.PINNED | InodeRecord.PINNED_BELOW,
            new Version(-1, Timestamp.ZERO, new Timestamp(-5, 5)),
            new byte[300],
            new byte[4095]);
    InodeRecord never =
        new InodeRecord(
            IndexSamples.attributes(3),
            0,
            0,
            0,
            IndexSamples.version(3),
            new byte[0],
            new byte[] {1});
    FileKey other = new FileKey(-1, -1, -1);
    index.putInode(file(7), plain);
    index.putInode(other, strange);
    index.putInode(file(8), never);

    seesNowAndLater(
        now -> {
          same(now.inode(file(7)), plain);
          same(now.inode(other), strange);
          same(now.inode(file(8)), never);
          assertThat(now.inode(file(9))).isNull();
        });
  }

  @Test
  void inode_whenReplacedAndRemoved_isTheLast() throws StoreException {
    index.putInode(file(1), IndexSamples.inode(1, 1));
    index.putInode(file(2), IndexSamples.inode(2, 1));
    index.putXattrs(file(2), new XattrRecord(Timestamp.ZERO, true, List.of()));
    index.flush();
    index.putInode(file(1), IndexSamples.inode(1, 2));
    index.removeInode(file(2));
    index.putInode(file(3), IndexSamples.inode(3, 1));
    index.removeInode(file(3));

    seesNowAndLater(
        now -> {
          same(now.inode(file(1)), IndexSamples.inode(1, 2));
          assertThat(now.inode(file(2))).isNull();
          assertThat(now.xattrs(file(2))).isNull();
          assertThat(now.inode(file(3))).isNull();
        });
    assertThat(index.status().files()).isEqualTo(1);
  }

  @Test
  void name_isFoundAsItWasPut() throws StoreException {
    NameRecord present = new NameRecord(new FileKey(3, -1, 0), Mode.DIRECTORY, 12);
    NameRecord absent = new NameRecord(null, 0, 99);
    String longest = "x".repeat(255);
    index.putName(DIRECTORY, name("here"), present);
    index.putName(DIRECTORY, name("not here"), absent);
    index.putName(DIRECTORY, name(longest), IndexSamples.name(5));
    index.putName(file(2), name("here"), IndexSamples.name(6));

    seesNowAndLater(
        now -> {
          assertThat(now.name(DIRECTORY, name("here"))).isEqualTo(present);
          assertThat(now.name(DIRECTORY, name("not here"))).isEqualTo(absent);
          assertThat(now.name(DIRECTORY, name(longest))).isEqualTo(IndexSamples.name(5));
          assertThat(now.name(file(2), name("here"))).isEqualTo(IndexSamples.name(6));
          assertThat(now.name(DIRECTORY, name("her"))).isNull();
          assertThat(now.name(file(3), name("here"))).isNull();
          assertThat(now.names(DIRECTORY, null, 10))
              .extracting(ListedName::inode)
              .containsExactly(-1L, 5L);
        });
    assertThat(index.status().names()).isEqualTo(4);
  }

  @Test
  void name_whenRemoved_isAbsent() throws StoreException {
    index.putName(DIRECTORY, name("a"), IndexSamples.name(2));
    index.putName(DIRECTORY, name("b"), IndexSamples.name(3));
    index.flush();
    index.removeName(DIRECTORY, name("a"));
    index.removeName(DIRECTORY, name("none"));

    seesNowAndLater(
        now -> {
          assertThat(now.name(DIRECTORY, name("a"))).isNull();
          assertThat(now.names(DIRECTORY, null, 10)).containsExactly(listed("b", 3));
        });
    assertThat(index.status().names()).isEqualTo(1);
  }

  @Test
  void listing_replacesAllNames() throws StoreException {
    index.putName(DIRECTORY, name("old"), IndexSamples.name(2));
    index.putName(DIRECTORY, name("negative"), new NameRecord(null, 0, 1));
    index.putName(file(2), name("of another"), IndexSamples.name(3));
    index.flush();
    index.putName(DIRECTORY, name("queued"), IndexSamples.name(4));
    List<ListedName> unordered = List.of(listed("z", 5), listed("a", 6), listed("\u00fc", 7));
    InodeRecord record = IndexSamples.inode(1, 0);
    index.putListing(DIRECTORY, record, unordered, 77);
    index.putName(DIRECTORY, name("after"), IndexSamples.name(8));
    index.removeName(DIRECTORY, name("z"));

    seesNowAndLater(
        now -> {
          assertThat(now.names(DIRECTORY, null, 10))
              .containsExactly(listed("a", 6), listed("after", 8), listed("\u00fc", 7));
          assertThat(now.name(DIRECTORY, name("old"))).isNull();
          assertThat(now.name(DIRECTORY, name("negative"))).isNull();
          assertThat(now.name(DIRECTORY, name("queued"))).isNull();
          assertThat(now.name(DIRECTORY, name("z"))).isNull();
          assertThat(now.name(DIRECTORY, name("a")))
              .isEqualTo(new NameRecord(file(6), Mode.REGULAR, 77));
          assertThat(now.name(file(2), name("of another"))).isNotNull();
          same(now.inode(DIRECTORY), record);
        });
    assertThat(index.status().names()).isEqualTo(4);
  }

  @Test
  void listing_keepsTheNumberUsersSee() throws StoreException {
    ListedName shifted = new ListedName(name("m"), new FileKey(4, 2, 0), 1L << 60, Mode.DIRECTORY);
    index.putListing(DIRECTORY, IndexSamples.inode(1, 0), List.of(shifted), 1);

    seesNowAndLater(now -> assertThat(now.names(DIRECTORY, null, 1)).containsExactly(shifted));
  }

  @Test
  void names_areReadInParts() throws StoreException {
    TreeMap<String, ListedName> all = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      String text = "f" + i * 7919 % 1000;
      all.put(text, listed(text, i));
      index.putName(DIRECTORY, name(text), IndexSamples.name(i));
      if (i == 500) {
        index.flush();
      }
    }
    index.putName(DIRECTORY, name("f5000"), new NameRecord(null, 0, 1));

    seesNowAndLater(
        now -> {
          List<ListedName> read = new ArrayList<>();
          List<ListedName> part = now.names(DIRECTORY, null, 64);
          while (!part.isEmpty()) {
            assertThat(part).hasSizeLessThanOrEqualTo(64);
            read.addAll(part);
            part = now.names(DIRECTORY, part.get(part.size() - 1).name(), 64);
          }
          assertThat(read).containsExactlyElementsOf(all.values());
          assertThat(now.names(DIRECTORY, name("f9990"), 5)).hasSize(0);
        });
  }

  @Test
  void names_whenRemovedTogether_areGone() throws StoreException {
    index.putName(DIRECTORY, name("a"), IndexSamples.name(2));
    index.putName(file(2), name("a"), IndexSamples.name(3));
    index.flush();
    index.putName(DIRECTORY, name("b"), IndexSamples.name(4));
    index.removeNames(DIRECTORY);

    seesNowAndLater(
        now -> {
          assertThat(now.names(DIRECTORY, null, 10)).isEmpty();
          assertThat(now.name(DIRECTORY, name("a"))).isNull();
          assertThat(now.name(DIRECTORY, name("b"))).isNull();
          assertThat(now.names(file(2), null, 10)).containsExactly(listed("a", 3));
        });
    assertThat(index.status().names()).isEqualTo(1);
  }

  @Test
  void xattrs_areFoundAsTheyWerePut() throws StoreException {
    XattrRecord record =
        new XattrRecord(
            new Timestamp(5, 6),
            false,
            List.of(
                new Xattr(new byte[] {'a'}, new byte[70_000], false),
                new Xattr(new byte[] {'b'}, null, true),
                new Xattr(new byte[] {'c'}, null, false),
                new Xattr(new byte[] {'d'}, new byte[0], false)));
    index.putXattrs(file(1), record);
    XattrRecord none = new XattrRecord(Timestamp.ZERO, true, List.of());
    index.putXattrs(file(2), none);

    seesNowAndLater(
        now -> {
          same(now.xattrs(file(1)), record);
          same(now.xattrs(file(2)), none);
          assertThat(now.xattrs(file(3))).isNull();
        });
  }

  @Test
  void contentId_isNeverTheSame() {
    long first = index.newContentId();
    assertThat(first).isPositive();
    for (int i = 0; i < 5000; i++) {
      long next = index.newContentId();
      assertThat(next).isGreaterThan(first);
      first = next;
    }
  }

  @Test
  void content_isFoundAsItWasPut() throws StoreException {
    ContentRecord record = IndexSamples.content(3, 4, 5, ContentRecord.PINNED);
    ContentRecord odd =
        new ContentRecord(
            Long.MAX_VALUE,
            new FileKey(9, -9, -9),
            new Version(-1, new Timestamp(-1, 1), Timestamp.ZERO),
            Long.MAX_VALUE,
            7,
            0,
            -1,
            255);
    BlockGroup sparse = IndexSamples.blocks(100, 1);
    BlockGroup full = IndexSamples.blocks(BlockGroup.BLOCKS, 2);
    index.putContent(record);
    index.putContent(odd);
    index.putInline(3, new byte[5000]);
    index.putBlocks(3, 0, sparse.copy());
    index.putBlocks(3, Integer.MAX_VALUE, full.copy());
    index.putBlocks(4, 0, new BlockGroup());

    seesNowAndLater(
        now -> {
          assertThat(now.content(3)).isEqualTo(record);
          assertThat(now.content(Long.MAX_VALUE)).isEqualTo(odd);
          assertThat(now.content(4)).isNull();
          assertThat(now.inline(3)).isEqualTo(new byte[5000]);
          assertThat(now.inline(4)).isNull();
          same(now.blocks(3, 0), sparse);
          same(now.blocks(3, Integer.MAX_VALUE), full);
          same(now.blocks(4, 0), new BlockGroup());
          assertThat(now.blocks(3, 1)).isNull();
        });
  }

  @Test
  void content_whenRemoved_isGoneAltogether() throws StoreException {
    for (long id = 1; id <= 3; id++) {
      index.putContent(IndexSamples.content(id, id, 10, 0));
      index.putInline(id, new byte[] {1});
      index.putBlocks(id, 0, IndexSamples.blocks(1, 1));
      index.putBlocks(id, 9, IndexSamples.blocks(2, 1));
    }
    index.flush();
    index.putBlocks(2, 10, IndexSamples.blocks(2, 1));
    index.removeContent(2);

    seesNowAndLater(
        now -> {
          assertThat(now.content(2)).isNull();
          assertThat(now.inline(2)).isNull();
          assertThat(now.blocks(2, 0)).isNull();
          assertThat(now.blocks(2, 9)).isNull();
          assertThat(now.blocks(2, 10)).isNull();
          assertThat(now.contentsFrom(0, 10)).extracting(ContentRecord::id).containsExactly(1L, 3L);
          assertThat(now.inline(3)).isNotNull();
          assertThat(now.blocks(3, 9)).isNotNull();
        });
  }

  @Test
  void blocks_areCopies() throws StoreException {
    BlockGroup put = IndexSamples.blocks(3, 1);
    index.putBlocks(1, 0, put.copy());
    BlockGroup read = Objects.requireNonNull(index.blocks(1, 0));
    read.put(9, 9);

    seesNowAndLater(now -> same(now.blocks(1, 0), put));
  }

  @Test
  void totals_followEveryChange() throws StoreException {
    index.putContent(IndexSamples.content(1, 1, 100, 0));
    index.putContent(IndexSamples.content(2, 2, 200, ContentRecord.PINNED));
    index.putContent(IndexSamples.content(3, 3, 300, ContentRecord.PINNED));
    index.putContent(IndexSamples.content(3, 3, 350, ContentRecord.PINNED));
    index.flush();
    index.putContent(IndexSamples.content(1, 1, 1000, ContentRecord.PINNED));
    index.putContent(IndexSamples.content(2, 2, 200, 0));
    index.removeContent(3);
    index.removeContent(4);
    index.flush();

    Index.Status status = index.status();
    assertThat(status.contents()).isEqualTo(2);
    assertThat(status.contentBytes()).isEqualTo(1200);
    assertThat(status.pinnedBytes()).isEqualTo(1000);
    assertThat(status.files()).isZero();
    assertThat(status.names()).isZero();
  }

  @Test
  void contentsFrom_andFilesFrom_goOnWhereTheyAreTold() throws StoreException {
    for (long i = 1; i <= 20; i++) {
      index.putContent(IndexSamples.content(i, i, 1, 0));
      index.putInode(new FileKey((int) (i % 3) - 1, i - 10, 5), IndexSamples.inode(i, 0));
      if (i == 10) {
        index.flush();
      }
    }
    index.removeContent(7);
    index.removeInode(new FileKey(0, -3, 5));

    seesNowAndLater(
        now -> {
          assertThat(now.contentsFrom(5, 4))
              .extracting(ContentRecord::id)
              .containsExactly(5L, 6L, 8L, 9L);
          assertThat(now.contentsFrom(21, 4)).isEmpty();
          List<FileKey> all = now.filesFrom(new FileKey(0, 0, 0), 100);
          assertThat(all).hasSize(19).isSortedAccordingTo(InMemoryIndex.BY_KEY);
          assertThat(now.filesFrom(all.get(4), 3)).isEqualTo(all.subList(4, 7));
        });
  }

  @Test
  void afterClose_everythingIsAbsent() throws StoreException {
    index.putInode(file(1), IndexSamples.inode(1, 0));
    index.close();
    assertThat(index.inode(file(1))).isNull();
    assertThat(index.names(file(1), null, 5)).isEmpty();
    index.putName(file(1), name("late"), IndexSamples.name(1));
    index.close();
    index = new InMemoryIndex();
  }

  private static void same(@Nullable Object found, Object expected) {
    assertThat(found).isNotNull().usingRecursiveComparison().isEqualTo(expected);
  }
}
