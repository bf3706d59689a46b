package io.veza.edge;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.veza.edge.admin.RuntimeSocket;
import io.veza.edge.config.EdgeSettings;
import io.veza.edge.config.InvalidConfigException;
import io.veza.edge.config.Problem;
import io.veza.edge.config.TlsSettings;
import io.veza.edge.lab.Lab;
import io.veza.edge.probe.NameCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The process: the edge itself, or with {@code lab} as first argument a lab server or load generator, or with {@code
 * health} a question to a running edge. The edge starts only with a configuration that is valid as a whole; else it names
 * every problem and exits with status 1, having bound nothing.
 */
@QuarkusMain
public final class Edge {

    private static final String HELP =
            """
            usage: java -jar quarkus-run.jar           the edge, as config/application.properties and the environment say
                   java -jar quarkus-run.jar health    asks a running edge whether it is ready; with a URL, that one
                   java -jar quarkus-run.jar lab ...   a lab server or the load generator
            """;

    Edge() {}

    public static void main(String[] args) {
        String command = args.length == 0 ? "" : args[0];
        switch (command) {
            case "lab" -> Lab.main(args);
            case "health" -> System.exit(HealthCommand.run(List.of(args).subList(1, args.length)));
            case "" -> serve(args);
            case "help", "--help", "-h" -> System.out.print(HELP);
            default -> {
                System.err.println("unknown argument \"" + command + "\"");
                System.err.print(HELP);
                System.exit(2);
            }
        }
    }

    private static void serve(String[] args) {
        NameCache.limit();
        if (!startedByQuarkusTools()) {
            BackgroundCompiler.standBack();
            List<Problem> problems = problems();
            if (!problems.isEmpty()) {
                System.err.println("The configuration is not valid, nothing was started:");
                problems.forEach(problem -> System.err.println("  " + problem));
                System.exit(1);
            }
        }
        Quarkus.run(args);
    }

    private static List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        try {
            EdgeSettings settings = EdgeSettings.load();
            problems.addAll(ServerTlsCheck.problems(settings.pools()));
            cannotBeHad(settings.listen(), settings.admin().socket(), settings.tls(), problems);
        } catch (InvalidConfigException e) {
            problems.addAll(e.problems());
            cannotBeHad(e.listen(), e.adminSocket(), e.tls(), problems);
        }
        return problems;
    }

    private static void cannotBeHad(
            EdgeSettings.Listen listen, Optional<Path> socket, Optional<TlsSettings> tls, List<Problem> problems) {
        problems.addAll(PortCheck.problems(listen, tls));
        tls.ifPresent(settings -> problems.addAll(CertificateCheck.problems(settings)));
        socket.flatMap(path -> RuntimeSocket.obstacle(path)
                        .map(obstacle -> new Problem("edge.admin.socket", path.toString(), obstacle)))
                .ifPresent(problems::add);
    }

    /**
     * Whether this is {@code quarkus:dev}: there the profile is not known yet, and the management port stays bound over
     * reloads. The settings are read again at the start, and a problem shows in the console.
     */
    private static boolean startedByQuarkusTools() {
        return Edge.class.getClassLoader().getClass().getSimpleName().equals("QuarkusClassLoader");
    }
}
