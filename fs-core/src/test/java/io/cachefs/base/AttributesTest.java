package io.cachefs.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AttributesTest {
  private static final Timestamp EARLY = new Timestamp(-1, 999_999_999);

  private static Attributes of(int mode) {
    return new Attributes(
        1, 2, mode, 3, 4, 5, 6, 7, 8, 4096, EARLY, Timestamp.ZERO, Timestamp.ZERO, null);
  }

  @Test
  void type_isOneOfThree() {
    assertThat(of(Mode.DIRECTORY | 0755).isDirectory()).isTrue();
    assertThat(of(Mode.REGULAR | 0755).isRegular()).isTrue();
    assertThat(of(Mode.SYMLINK | 0777).isSymlink()).isTrue();
    assertThat(of(Mode.SOCKET).isDirectory()).isFalse();
    assertThat(of(Mode.SOCKET).isRegular()).isFalse();
    assertThat(of(Mode.BLOCK_DEVICE).isDirectory()).isFalse();
  }

  @Test
  void withOwnerAndMode_changesNothingElse() {
    Attributes changed = of(Mode.REGULAR).withOwnerAndMode(8, 9, Mode.REGULAR | 0600);

    assertThat(changed.uid()).isEqualTo(8);
    assertThat(changed.gid()).isEqualTo(9);
    assertThat(changed.withOwnerAndMode(4, 5, Mode.REGULAR)).isEqualTo(of(Mode.REGULAR));
  }

  @Test
  void withInode_changesNothingElse() {
    assertThat(of(0).withInode(99).inode()).isEqualTo(99);
    assertThat(of(0).withInode(99).withInode(2)).isEqualTo(of(0));
  }

  @Test
  void timestamp_before1970_isOrdered() {
    assertThat(EARLY).isLessThan(Timestamp.ZERO).isGreaterThan(new Timestamp(-1, 0));
  }

  @Test
  void direntType_ofAMode_isThatOfReaddir() {
    assertThat(Mode.direntType(Mode.DIRECTORY | 0755)).isEqualTo(4);
    assertThat(Mode.direntType(Mode.SYMLINK)).isEqualTo(10);
  }
}
