package io.cachefs.cli.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The rules of the stack, apart from the classes they are applied to. */
final class Rules {
  private static final String ROOT = "io.cachefs.";

  /** Each library has its homes. A further import of it is a design change, not a detail. */
  private static final Map<String, List<String>> LIBRARY_HOMES =
      Map.of(
          "org.lmdbjava..", List.of("io.cachefs.store.lmdb.."),
          "com.github.benmanes.caffeine..", List.of("io.cachefs.cache.."),
          "ru.serce.jnrfuse..", List.of("io.cachefs.fuse.libfuse.."),
          "jnr..", List.of("io.cachefs.sys..", "io.cachefs.fuse.libfuse.."),
          "picocli..", List.of("io.cachefs.cli.."));

  /** Packages that only some may name: one place decides which implementation is used. */
  private static final Map<String, List<String>> CHOSEN_BY =
      Map.of(
          "io.cachefs.fuse.kernel..",
              List.of("io.cachefs.fuse.kernel..", "io.cachefs.fuse.select.."),
          "io.cachefs.fuse.libfuse..",
              List.of("io.cachefs.fuse.libfuse..", "io.cachefs.fuse.select.."),
          "io.cachefs.source.posix..", List.of("io.cachefs.source.posix..", "io.cachefs.engine.."),
          "io.cachefs.source.guard..", List.of("io.cachefs.source.guard..", "io.cachefs.engine.."),
          "io.cachefs.store.lmdb..", List.of("io.cachefs.store.lmdb..", "io.cachefs.engine.."),
          "io.cachefs.store.blob..", List.of("io.cachefs.store.blob..", "io.cachefs.engine.."));

  private static final Set<String> CLOCKS =
      Set.of(
          "java.lang.System.nanoTime",
          "java.lang.System.currentTimeMillis",
          "java.time.Instant.now",
          "java.lang.Thread.sleep");

  private Rules() {}

  static ArchRule importsPointDownTheStack() {
    return layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("cli")
        .definedBy(ROOT + "cli..")
        .layer("transport")
        .definedBy(ROOT + "fuse..")
        .layer("engine")
        .definedBy(ROOT + "engine", ROOT + "engine.admin..", ROOT + "engine.check..")
        .layer("vfs")
        .definedBy(ROOT + "vfs..")
        .layer("writeback")
        .definedBy(ROOT + "writeback..")
        .layer("cache")
        .definedBy(ROOT + "cache..")
        .layer("store")
        .definedBy(ROOT + "store..")
        .layer("source")
        .definedBy(ROOT + "source..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("transport")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("vfs")
        .mayOnlyBeAccessedByLayers("cli", "transport", "engine")
        .whereLayer("writeback")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("cache")
        .mayOnlyBeAccessedByLayers("engine", "vfs")
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("engine", "cache")
        // While there is no cache, the vfs asks the source itself.
        .whereLayer("source")
        .mayOnlyBeAccessedByLayers("engine", "vfs", "writeback", "cache");
  }

  static ArchRule packagesHaveNoCycles() {
    return slices().matching("io.cachefs.(**)").should().beFreeOfCycles();
  }

  /** Returns the rules for libraries and for implementations, by what they guard. */
  static Map<String, ArchRule> homes() {
    Map<String, ArchRule> rules = new TreeMap<>();
    LIBRARY_HOMES.forEach((guarded, homes) -> rules.put(guarded, onlyIn(guarded, homes)));
    CHOSEN_BY.forEach((guarded, homes) -> rules.put(guarded, onlyIn(guarded, homes)));
    return rules;
  }

  private static ArchRule onlyIn(String guarded, List<String> homes) {
    return noClasses()
        .that()
        .resideOutsideOfPackages(homes.toArray(String[]::new))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(guarded)
        .allowEmptyShould(true);
  }

  static ArchRule timeIsPassedIn() {
    // Written on accesses, because a call rule does not see System::nanoTime.
    return noClasses()
        .that()
        .resideOutsideOfPackages("io.cachefs.cli..", "io.cachefs.engine")
        .should()
        .accessTargetWhere(
            describe(
                "a clock or a sleep",
                access ->
                    CLOCKS.contains(
                        access.getTargetOwner().getName() + "." + access.getTarget().getName())))
        .allowEmptyShould(true);
  }

  static ArchRule printingHasAHome() {
    DescribedPredicate<JavaAccess<?>> streams =
        describe(
            "standard output or error",
            access ->
                access.getTargetOwner().getName().equals("java.lang.System")
                    && Set.of("out", "err").contains(access.getTarget().getName()));
    return noClasses()
        .that()
        .resideOutsideOfPackages("io.cachefs.cli", "io.cachefs.cli.daemon")
        .should()
        .accessTargetWhere(streams)
        .allowEmptyShould(true);
  }
}
