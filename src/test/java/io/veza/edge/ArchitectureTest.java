package io.veza.edge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may depend on whom and on what. A package that does not exist yet has a row and nothing to break. */
class ArchitectureTest {

    private static final String ROOT = "io.veza.edge";

    /** One package and the edge's packages it may use. */
    private record Row(String name, List<String> uses) {

        static Row of(String name, String... uses) {
            return new Row(name, List.of(uses));
        }
    }

    private static final List<Row> TABLE = List.of(
            Row.of("pool"),
            Row.of("health"),
            Row.of("balance", "pool"),
            Row.of("persistence", "pool"),
            Row.of("control", "pool", "health", "balance", "persistence"),
            Row.of("config", "pool", "health", "balance", "persistence", "control"),
            Row.of("probe", "control", "tls", "health", "pool"),
            Row.of("http1"),
            Row.of("http2", "http1"),
            Row.of("proxy", "http2", "http1", "tls", "control", "pool", "health", "balance", "persistence"),
            Row.of("tls"),
            Row.of("metrics", "proxy", "tls", "control", "health", "pool"),
            Row.of("accesslog", "proxy", "control", "pool"),
            Row.of("admin", "metrics", "proxy", "tls", "control", "health", "balance", "persistence", "pool"),
            Row.of("console", "admin"),
            Row.of("lab"));

    /** What decides: a function of what is passed in. */
    private static final String[] PURE = packages("pool", "health", "balance", "persistence");

    /** The JDK without input and output, threads, and logging. */
    private static final String[] CALCULATION = {
        "java.lang",
        "java.lang.annotation",
        "java.lang.invoke",
        "java.lang.runtime",
        "java.nio",
        "java.nio.charset",
        "java.time..",
        "java.util",
        "java.util.concurrent.atomic",
        "java.util.function",
        "java.util.regex",
        "java.util.stream",
        "org.jspecify.annotations"
    };

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);

    static Stream<Row> rows() {
        return TABLE.stream();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void a_package_depends_on_those_of_its_row_alone(Row row) {
        String[] others = Stream.concat(
                        Stream.of(ROOT),
                        TABLE.stream()
                                .map(Row::name)
                                .filter(Predicate.not(row.uses()::contains))
                                .filter(Predicate.not(row.name()::equals))
                                .map(name -> ROOT + "." + name + ".."))
                .toArray(String[]::new);

        noClasses()
                .that()
                .resideInAPackage(ROOT + "." + row.name() + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void every_package_has_a_row() {
        Set<String> found = CLASSES.stream()
                .map(JavaClass::getPackageName)
                .filter(Predicate.not(ROOT::equals))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(TABLE).extracting(row -> ROOT + "." + row.name()).containsAll(found);
    }

    @Test
    void packages_are_acyclic() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void what_decides_uses_nothing_but_calculation() {
        classes()
                .that()
                .resideInAnyPackage(PURE)
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        Stream.of(PURE, CALCULATION).flatMap(Stream::of).toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void what_decides_has_no_threads() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE)
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Thread.class, ThreadLocal.class, Runtime.class)
                .check(CLASSES);
    }

    @Test
    void what_decides_is_told_the_time() {
        noClasses()
                .that()
                .resideInAnyPackage(PURE)
                .or()
                .resideInAnyPackage(packages("control"))
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(InstantSource.class, "system")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Clock.class)
                .check(CLASSES);
    }

    @Test
    void control_uses_nothing_but_the_jdk() {
        classes()
                .that()
                .resideInAnyPackage(packages("control"))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(Stream.of(PURE, packages("control"), new String[] {
                            "java..", "org.jspecify.annotations", "com.google.errorprone.annotations.."
                        })
                        .flatMap(Stream::of)
                        .toArray(String[]::new))
                .check(CLASSES);
    }

    @Test
    void the_head_parser_knows_bytes_only() {
        classes()
                .that()
                .resideInAPackage(ROOT + ".http1..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        ROOT + ".http1..", "java..", "org.jspecify.annotations", "io.netty.buffer", "io.netty.util")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void every_package_is_null_marked() {
        assertThat(CLASSES.stream().map(JavaClass::getPackage).distinct())
                .isNotEmpty()
                .allSatisfy(p -> assertThat(p.isAnnotatedWith(NullMarked.class))
                        .as(p.getName())
                        .isTrue());
    }

    private static String[] packages(String... names) {
        return Stream.of(names).map(name -> ROOT + "." + name + "..").toArray(String[]::new);
    }
}
