# From the sources to an image that starts fast; nothing but Docker is needed:
#
#   docker build -t veza-edge .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL -p 80:80 -e EDGE_... veza-edge
#
# The class files are of Java 17; the image's own JVM is 25, for its AOT cache.
ARG JAVA=25.0.3_9

FROM eclipse-temurin:${JAVA}-jdk-noble AS build
WORKDIR /src
# What the build downloads comes first, in a layer that only a change of pom.xml makes anew: to build nothing takes nearly
# all that the sources will. process-classes, since package would download what the tests need, browsers among it.
COPY mvnw pom.xml ./
COPY .mvn/ .mvn/
RUN ./mvnw -B -q process-classes quarkus:build -Dquarkus.package.jar.type=aot-jar && rm -r target
COPY src/main/ src/main/
# aot-jar: the AOT cache takes classes of the JVM's own loaders only, not those of Quarkus' fast-jar.
RUN ./mvnw -B -q process-classes quarkus:build -Dquarkus.package.jar.type=aot-jar
WORKDIR /natives
RUN mkdir /unpacked && cd /unpacked \
    && for jar in /src/target/quarkus-app/lib/main/io.netty.netty-t*; do jar --extract --file "$jar" || exit 1; done \
    && find . -name "*.so" -exec cp {} /natives/ \;

# Under the load of the lab, on the very JVM and at the very path that the image will have: the cache fits no other.
FROM eclipse-temurin:${JAVA}-jre-noble AS train
WORKDIR /opt/veza-edge
COPY --from=build /natives/ natives/
COPY --from=build /src/target/quarkus-app/lib/ lib/
COPY --from=build /src/target/quarkus-app/quarkus/ quarkus/
COPY --from=build /src/target/quarkus-app/quarkus-run.jar ./
COPY --from=build /src/target/quarkus-app/app/ app/
COPY src/main/docker/jvm.options ./
COPY src/main/docker/train.sh /usr/local/bin/
RUN train.sh . edge.aot @jvm.options

FROM eclipse-temurin:${JAVA}-jre-noble
WORKDIR /opt/veza-edge
# What changes least comes first.
COPY --from=train /opt/veza-edge/natives/ natives/
COPY --from=train /opt/veza-edge/lib/ lib/
COPY --from=train /opt/veza-edge/jvm.options ./
COPY --from=train /opt/veza-edge/quarkus/ quarkus/
COPY --from=train /opt/veza-edge/quarkus-run.jar ./
COPY --from=train /opt/veza-edge/app/ app/
COPY --from=train /opt/veza-edge/edge.aot ./

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

# A cache that does not fit is left alone, with a warning, and the JVM starts as it would without.
ENTRYPOINT ["java", "@jvm.options", "-XX:AOTCache=edge.aot", "-jar", "quarkus-run.jar"]
