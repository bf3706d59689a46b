import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code java Connections.java <port> <number>}: opens idle connections to the loopback address, says so, keeps them until
 * its input ends, and closes them.
 */
public final class Connections {

    private Connections() {}

    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        int number = Integer.parseInt(args[1]);
        List<Socket> open = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            open.add(new Socket(InetAddress.getLoopbackAddress(), port));
        }
        System.out.println("open " + open.size());
        System.in.transferTo(java.io.OutputStream.nullOutputStream());
        for (Socket socket : open) {
            socket.close();
        }
    }
}
