# The image holds the very jar that was built and tested before it, and its build needs no network but for the base:
#
#   ./mvnw package && docker build -t veza-edge .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL -p 80:80 -e EDGE_... veza-edge
ARG JAVA=25.0.3_9

FROM eclipse-temurin:${JAVA}-jdk-noble AS natives
COPY target/quarkus-app/lib/ /lib-jars/
# Netty would unpack its native libraries into /tmp, where a tmpfs that is mounted noexec keeps them from loading.
WORKDIR /unpacked
RUN for jar in /lib-jars/main/io.netty.netty-t*; do jar --extract --file "$jar" || exit 1; done \
    && mkdir /natives && find . -name "*.so" -exec cp {} /natives/ \;

FROM eclipse-temurin:${JAVA}-jre-noble
WORKDIR /opt/veza-edge
COPY --from=natives /natives/ natives/
# What changes least comes first: a new build of the edge alone makes one small layer.
COPY target/quarkus-app/lib/ lib/
COPY target/quarkus-app/quarkus/ quarkus/
COPY target/quarkus-app/quarkus-run.jar ./
COPY target/quarkus-app/app/ app/

# The admin socket goes where no read-only file system is in its way, and where another container can share it.
RUN install --directory --owner 10001 --group 10001 --mode 700 /run/veza-edge
VOLUME /run/veza-edge

# No name in the passwd of the base image is needed for a number. Its ports 80 and 443 are open to it, since Docker sets
# net.ipv4.ip_unprivileged_port_start to 0.
USER 10001:10001
EXPOSE 80 443
STOPSIGNAL SIGTERM

# A JVM of its own that asks one URL and ends; no shell, no curl.
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
    CMD ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx32m", "-XX:-UsePerfData", \
         "-cp", "app/*", "io.veza.edge.HealthCommand"]

# Serial: nothing is allocated per request that a parallel collector would help with, and it keeps to its core.
# The heap holds state, not bodies; those are in direct memory, which may take as much again.
ENTRYPOINT ["java", "-XX:+UseSerialGC", "-XX:MaxRAMPercentage=40", "-XX:-UsePerfData", \
            "-Djava.library.path=/opt/veza-edge/natives", "-jar", "quarkus-run.jar"]
