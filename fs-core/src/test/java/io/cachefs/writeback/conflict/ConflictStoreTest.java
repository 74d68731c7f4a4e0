package io.cachefs.writeback.conflict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cachefs.base.Name;
import io.cachefs.base.Timestamp;
import io.cachefs.writeback.send.Conflict;
import io.cachefs.writeback.send.Conflict.Side;
import io.cachefs.writeback.send.ConflictPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The conflicts of a cache over restarts; what was written once is read for ever. */
class ConflictStoreTest {
  private static final String HEADER = "6361636865667343" + "01000000";

  @TempDir Path directory;

  private static Conflict conflict(String path) throws Exception {
    return new Conflict(
        path,
        "old",
        "rename",
        ConflictPolicy.THEIRS,
        Instant.ofEpochSecond(5, 6),
        new Side(7, new Timestamp(8, 9), 10, 11),
        new Side(-1, null, -1, -1),
        Name.of("n"),
        true,
        true);
  }

  private Path file() {
    return directory.resolve("conflicts");
  }

  private String hex(int from, int to) throws IOException {
    return HexFormat.of().formatHex(Files.readAllBytes(file()), from, to);
  }

  @Test
  void bytesAreTheseForEver() throws Exception {
    ConflictStore.open(file()).add(conflict("p"));
    byte[] all = Files.readAllBytes(file());
    assertThat(hex(0, 12)).isEqualTo(HEADER);
    assertThat(hex(24, all.length))
        .isEqualTo(
            ("0100000000000000" + "0500000000000000" + "06000000")
                + ("04" + "02" + "3f")
                + ("01000000" + "70" + "03000000" + "6f6c64" + "01000000" + "6e")
                + ("0700000000000000" + "01" + "0800000000000000" + "09000000")
                + ("0a000000" + "0b000000")
                + ("ffffffffffffffff" + "00" + "0000000000000000" + "00000000")
                + ("ffffffff" + "ffffffff"));
  }

  @Test
  void whatWasAdded_isThereAfterARestart_andNotWhatWasRemoved() throws Exception {
    ConflictStore store = ConflictStore.open(file());
    Conflict plain =
        new Conflict(
            "f", null, "make", ConflictPolicy.OURS, Instant.EPOCH, null, null, null, false, false);
    store.add(conflict("a"));
    store.add(plain);
    store.add(conflict("b"));
    store = ConflictStore.open(file());
    assertThat(store.list())
        .containsExactly(
            new KeptConflict(1, conflict("a")),
            new KeptConflict(2, plain),
            new KeptConflict(3, conflict("b")));
    store.remove(List.of(1L));
    store.add(conflict("c"));
    assertThat(ConflictStore.open(file()).list().stream().map(KeptConflict::id))
        .containsExactly(2L, 3L, 4L);
  }

  @Test
  void atEveryLengthATornFileKeepsWhatIsWhole_andIsMendedByTheNextConflict() throws Exception {
    ConflictStore store = ConflictStore.open(file());
    store.add(conflict("a"));
    int first = (int) Files.size(file());
    store.add(conflict("b"));
    byte[] all = Files.readAllBytes(file());
    for (int length = 0; length < all.length; length += 3) {
      Files.write(file(), Arrays.copyOf(all, length));
      ConflictStore torn = ConflictStore.open(file());
      assertThat(torn.size()).as("length %d", length).isEqualTo(length < first ? 0 : 1);
      torn.add(conflict("c"));
      assertThat(ConflictStore.open(file()).size()).isEqualTo(torn.size());
    }
  }

  @Test
  void thereAreNeverTooMany() throws Exception {
    ConflictStore store = ConflictStore.open(file());
    for (int i = 0; i <= ConflictStore.MOST; i++) {
      store.add(conflict("c" + i));
    }
    assertThat(store.size()).isEqualTo(ConflictStore.MOST - ConflictStore.MOST / 10 + 1);
    assertThat(store.forgotten()).isEqualTo(ConflictStore.MOST / 10);
    assertThat(store.list().get(0).conflict().path()).isEqualTo("c100");
  }

  @Test
  void aNewerFormatIsRefused_andNotWrittenOver() throws Exception {
    ConflictStore.open(file()).add(conflict("a"));
    byte[] all = Files.readAllBytes(file());
    all[8] = 2;
    CRC32C sum = new CRC32C();
    sum.update(all, 0, 12);
    for (int i = 0; i < 4; i++) {
      all[12 + i] = (byte) (sum.getValue() >>> (8 * i));
    }
    Files.write(file(), all, StandardOpenOption.TRUNCATE_EXISTING);
    assertThatThrownBy(() -> ConflictStore.open(file())).hasMessageContaining("format 2");
    assertThat(Files.readAllBytes(file())).isEqualTo(all);
  }
}
