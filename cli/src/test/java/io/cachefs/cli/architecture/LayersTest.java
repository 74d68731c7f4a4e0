package io.cachefs.cli.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.cachefs.base.planted.PlantedClock;
import io.cachefs.base.planted.PlantedNativeCall;
import io.cachefs.base.planted.PlantedPrinter;
import io.cachefs.engine.CacheFs;
import io.cachefs.source.posix.PosixSource;
import io.cachefs.store.PlantedUpwardImport;
import io.cachefs.store.PlantedUseOfSource;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the shape of the stack; each rule is shown to see a planted violation as well. */
class LayersTest {
  private static final JavaClasses MAIN =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          // The test-jar of a module is not in a directory of tests.
          .withImportOption(location -> !location.contains("-tests.jar"))
          .withImportOption(location -> !location.contains("test-fixtures"))
          .importPackages("io.cachefs");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.cachefs.base.FsException",
        "io.cachefs.sys.ProcessCalls",
        "io.cachefs.engine.CacheFs",
        "io.cachefs.fuse.FuseTransport",
        "io.cachefs.fuse.select.TransportSelector",
        "io.cachefs.cli.Main"
      })
  void everyModuleIsInView(String name) {
    assertThat(MAIN.contain(name)).isTrue();
  }

  @Test
  void noTestIsInView() {
    assertThat(MAIN.stream().map(JavaClass::getName))
        .noneMatch(name -> name.endsWith("Test") || name.contains("Planted"));
  }

  @Test
  void importsPointDownTheStack() {
    Rules.importsPointDownTheStack().check(MAIN);
    seesViolation(Rules.importsPointDownTheStack(), PlantedUpwardImport.class, CacheFs.class);
    seesViolation(Rules.importsPointDownTheStack(), PlantedUseOfSource.class, PosixSource.class);
  }

  @Test
  void packagesHaveNoCycles() {
    Rules.packagesHaveNoCycles().check(MAIN);
    seesViolation(
        Rules.packagesHaveNoCycles(),
        io.cachefs.base.planted.one.PlantedHalf.class,
        io.cachefs.base.planted.two.PlantedOtherHalf.class);
  }

  @Test
  void librariesAndImplementationsHaveOneHome() {
    Rules.homes().values().forEach(rule -> rule.check(MAIN));
    seesViolation(home("jnr.."), PlantedNativeCall.class);
    seesViolation(home("io.cachefs.source.posix.."), PlantedUseOfSource.class);
  }

  private static ArchRule home(String guarded) {
    return Objects.requireNonNull(Rules.homes().get(guarded));
  }

  @Test
  void timeIsPassedIn() {
    Rules.timeIsPassedIn().check(MAIN);
    seesViolation(Rules.timeIsPassedIn(), PlantedClock.class);
  }

  @Test
  void printingHasAHome() {
    Rules.printingHasAHome().check(MAIN);
    seesViolation(Rules.printingHasAHome(), PlantedPrinter.class);
  }

  private static void seesViolation(ArchRule rule, Class<?>... planted) {
    JavaClasses classes = new ClassFileImporter().importClasses(planted);
    assertThatThrownBy(() -> rule.check(classes)).isInstanceOf(AssertionError.class);
  }
}
