package io.veza.edge.tls;

import com.sun.net.httpserver.HttpServer;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.jspecify.annotations.Nullable;

/** An OCSP responder that says what a test has it say. */
public final class TestResponder implements Closeable {

    /** Who signs, and the certificate by which that is seen if it is not the issuer. */
    public record Signer(PrivateKey key, X509Certificate certificate, boolean sent) {

        public static Signer of(TestAuthority authority) {
            return new Signer(authority.key(), authority.certificate(), false);
        }

        public static Signer of(KeyAndChain delegate) {
            return new Signer(delegate.key(), delegate.leaf(), true);
        }
    }

    /** One HTTP response. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Answer(int status, byte[] body) {}

    /** Makes an answer, however long that takes. */
    public interface Script {
        Answer next() throws Exception;
    }

    /** The serial numbers that were asked for. */
    public final List<java.math.BigInteger> asked = new CopyOnWriteArrayList<>();

    private final HttpServer server;
    private volatile Script script = () -> new Answer(404, new byte[0]);

    public TestResponder() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                OCSPReq request = new OCSPReq(exchange.getRequestBody().readAllBytes());
                asked.add(request.getRequestList()[0].getCertID().getSerialNumber());
                Answer answer = script.next();
                exchange.sendResponseHeaders(answer.status, answer.body.length);
                exchange.getResponseBody().write(answer.body);
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        });
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/ocsp";
    }

    public void answers(byte[] body) {
        script = () -> new Answer(200, body);
    }

    public void follows(Script next) {
        script = next;
    }

    /**
     * @param about with its issuer
     * @param status null for good
     * @param until null for no end
     */
    public static byte[] response(
            KeyAndChain about, @Nullable CertificateStatus status, Signer signer, Instant from, @Nullable Instant until)
            throws Exception {
        DigestCalculatorProvider digests = new JcaDigestCalculatorProviderBuilder().build();
        BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(
                SubjectPublicKeyInfo.getInstance(
                        signer.certificate.getPublicKey().getEncoded()),
                digests.get(CertificateID.HASH_SHA1));
        builder.addResponse(
                new CertificateID(
                        digests.get(CertificateID.HASH_SHA1),
                        new JcaX509CertificateHolder(about.chain().get(1)),
                        about.leaf().getSerialNumber()),
                status,
                Date.from(from),
                until == null ? null : Date.from(until));
        X509CertificateHolder[] sent = signer.sent
                ? new X509CertificateHolder[] {new JcaX509CertificateHolder(signer.certificate)}
                : new X509CertificateHolder[0];
        return new OCSPRespBuilder()
                .build(
                        OCSPResp.SUCCESSFUL,
                        builder.build(
                                new JcaContentSignerBuilder("SHA256withECDSA").build(signer.key),
                                sent,
                                Date.from(from)))
                .getEncoded();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
