package io.veza.edge.admin;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The admin socket: a Unix socket that nobody but its owner may connect to, from the moment it is there. Its clients get a
 * daemon thread each, off the event loops, and wait while there are as many as may be. Thread-safe.
 */
public final class RuntimeSocket implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger("io.veza.edge");

    private static final int MOST_CLIENTS = 32;

    /** What {@code sun_path} holds, its ending zero aside: on Linux and, at 104, on others a little less. */
    private static final int LONGEST_PATH = 107;

    private static final String HIDDEN = ".edge-";

    private final RuntimeApi api;
    private final Path path;
    private final ServerSocketChannel listener;
    private final @Nullable Object inode;
    private final Semaphore places = new Semaphore(MOST_CLIENTS);
    private final Set<RuntimeConnection> clients = ConcurrentHashMap.newKeySet();

    private RuntimeSocket(RuntimeApi api, Path path, ServerSocketChannel listener) throws IOException {
        this.api = api;
        this.path = path;
        this.listener = listener;
        this.inode = inode(path);
    }

    /**
     * What would keep {@link #open} from opening this path, if anything; changes nothing. A socket that nobody listens on any
     * more is no obstacle.
     */
    public static Optional<String> obstacle(Path path) {
        Path absolute = path.toAbsolutePath();
        if (temporary(absolute).toString().length() > LONGEST_PATH) {
            return Optional.of(
                    "is too long for a socket: its folder may have " + (LONGEST_PATH - HIDDEN.length() - 3) + " bytes");
        }
        if (Files.exists(absolute, LinkOption.NOFOLLOW_LINKS)) {
            if (!isSocket(absolute)) {
                return Optional.of("is there and is not a socket");
            }
            Optional<String> claim = claim(absolute);
            if (claim.isPresent()) {
                return claim;
            }
        }
        Path folder = absolute.getParent();
        while (folder != null && !Files.exists(folder)) {
            folder = folder.getParent();
        }
        if (folder == null || !Files.isDirectory(folder)) {
            return Optional.of("cannot be made: " + folder + " is not a folder");
        }
        return Files.isWritable(folder)
                ? Optional.empty()
                : Optional.of(
                        "cannot be made: this user may not write to " + folder + "; " + remedies(absolute.getParent()));
    }

    /** The default's folder has to be made by whoever installs the edge, so this is what many first starts will say. */
    private static String remedies(@Nullable Path folder) {
        return "give it the folder " + folder + ", name another path, or leave the key empty for no socket";
    }

    /**
     * Listens.
     *
     * @throws IOException if there is an {@link #obstacle}, or the system says no
     */
    public static RuntimeSocket open(Path path, RuntimeApi api) throws IOException {
        Path absolute = path.toAbsolutePath();
        Optional<String> obstacle = obstacle(absolute);
        if (obstacle.isPresent()) {
            throw new IOException(absolute + " " + obstacle.get());
        }
        Files.createDirectories(absolute.getParent());
        RuntimeSocket socket = new RuntimeSocket(api, absolute, bind(absolute));
        Thread acceptor = new Thread(socket::accept, "runtime-api");
        acceptor.setDaemon(true);
        acceptor.start();
        return socket;
    }

    /**
     * Java has no umask: the socket is made in a folder that is the owner's alone, closed to others, and only then moved to
     * its place, where it replaces a stale one in the same step.
     */
    private static ServerSocketChannel bind(Path path) throws IOException {
        Path inside = temporary(path);
        Path folder = inside.getParent();
        // Of a process of this number that was killed in the middle: in a container every one has the same.
        Files.deleteIfExists(inside);
        Files.deleteIfExists(folder);
        Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(inside), MOST_CLIENTS);
            Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rw-------"));
            Files.move(inside, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return channel;
        } catch (IOException e) {
            channel.close();
            Files.deleteIfExists(inside);
            throw e;
        } finally {
            Files.deleteIfExists(folder);
        }
    }

    /** In the same folder, since only there a move is one step. */
    private static Path temporary(Path path) {
        return path.resolveSibling(
                        HIDDEN + Long.toString(ProcessHandle.current().pid(), Character.MAX_RADIX))
                .resolve("s");
    }

    private static boolean isSocket(Path path) {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isOther();
        } catch (IOException e) {
            return false;
        }
    }

    /** Why this socket may not be replaced; empty if nobody listens on it any more. */
    private static Optional<String> claim(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Not blocking: a socket whose queue is full is a live one, too.
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return Optional.of("is in use: another process listens on it");
        } catch (ConnectException e) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(
                    "is there and cannot be looked at: " + e.getMessage() + "; " + remedies(path.getParent()));
        }
    }

    private static @Nullable Object inode(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    public Path path() {
        return path;
    }

    private void accept() {
        while (listener.isOpen()) {
            try {
                places.acquire();
                boolean served = false;
                try {
                    serve(listener.accept());
                    served = true;
                } finally {
                    if (!served) {
                        places.release();
                    }
                }
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException | OutOfMemoryError e) {
                // No descriptor or no thread to be had: that passes, and the socket must be there when it has.
                if (listener.isOpen()) {
                    LOG.warnf("admin socket %s: %s", path, e);
                    pause();
                }
            }
        }
    }

    /** Out of file descriptors, say: to try again at once would only burn the processor. */
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel channel) throws IOException {
        boolean served = false;
        try {
            RuntimeConnection client = new RuntimeConnection(api, channel);
            Thread thread = new Thread(() -> run(client), "runtime-api-client");
            thread.setDaemon(true);
            clients.add(client);
            thread.start();
            served = true;
            if (!listener.isOpen()) {
                client.cut();
            }
        } finally {
            if (!served) {
                clients.removeIf(client -> client.isOf(channel));
                channel.close();
            }
        }
    }

    private void run(RuntimeConnection client) {
        try (client) {
            client.run();
        } catch (RuntimeException e) {
            LOG.error("a command of the admin socket failed", e);
        } finally {
            clients.remove(client);
            places.release();
        }
    }

    /** Cuts every client off and removes the socket, unless another process has put its own in its place. */
    @Override
    public void close() throws IOException {
        listener.close();
        clients.forEach(RuntimeConnection::cut);
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            Object there = inode(path);
            if (there != null && there.equals(inode)) {
                Files.deleteIfExists(path);
            }
        }
    }
}
