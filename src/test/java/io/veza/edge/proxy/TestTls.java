package io.veza.edge.proxy;

import io.veza.edge.tls.KeyAndChain;
import io.veza.edge.tls.TestAuthority;
import java.io.IOException;
import java.net.Socket;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** The TLS of a test's server, by the JDK: another implementation than the edge's where that has BoringSSL. */
final class TestTls {

    private static final char[] PASSWORD = "password".toCharArray();

    /** Handshakes in which the key was used, which those of resumed sessions are not. */
    final AtomicInteger fullHandshakes = new AtomicInteger();

    private final KeyAndChain key;
    private final @Nullable TestAuthority clients;
    private final SSLContext context;
    private final String[] versions;
    private String[] protocols = {};

    /**
     * @param clients whose certificates a client must have; null if it need not have any
     * @param versions such as {@code TLSv1.3}
     */
    TestTls(KeyAndChain key, @Nullable TestAuthority clients, String... versions) throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("server", key.key(), PASSWORD, key.chain().toArray(Certificate[]::new));
        KeyManagerFactory ours = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        ours.init(keys, PASSWORD);
        TrustManagerFactory theirs = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        if (clients != null) {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("clients", clients.certificate());
            theirs.init(trusted);
        }
        context = SSLContext.getInstance("TLS");
        context.init(
                new KeyManager[] {new Counting((X509ExtendedKeyManager) ours.getKeyManagers()[0])},
                clients == null ? null : theirs.getTrustManagers(),
                null);
        this.key = key;
        this.clients = clients;
        this.versions = versions.length == 0 ? new String[] {"TLSv1.3", "TLSv1.2"} : versions;
    }

    /** The same that takes one of these by ALPN. */
    TestTls agreeing(String... applicationProtocols) throws Exception {
        TestTls agreeing = new TestTls(key, clients, versions);
        agreeing.protocols = applicationProtocols;
        return agreeing;
    }

    /** Does the handshake as a server. */
    SSLSocket accept(Socket plain) throws IOException {
        SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(plain, null, true);
        secured.setUseClientMode(false);
        secured.setNeedClientAuth(clients != null);
        secured.setEnabledProtocols(versions);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }

    /** Counts how often the key is taken. */
    private final class Counting extends X509ExtendedKeyManager {
        private final X509ExtendedKeyManager keys;

        Counting(X509ExtendedKeyManager keys) {
            this.keys = keys;
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            fullHandshakes.incrementAndGet();
            return keys.getPrivateKey(alias);
        }

        @Override
        public java.security.cert.X509Certificate[] getCertificateChain(String alias) {
            return keys.getCertificateChain(alias);
        }

        @Override
        public String[] getClientAliases(String type, java.security.Principal[] issuers) {
            return keys.getClientAliases(type, issuers);
        }

        @Override
        public String chooseClientAlias(String[] types, java.security.Principal[] issuers, Socket socket) {
            return keys.chooseClientAlias(types, issuers, socket);
        }

        @Override
        public String[] getServerAliases(String type, java.security.Principal[] issuers) {
            return keys.getServerAliases(type, issuers);
        }

        @Override
        public String chooseServerAlias(String type, java.security.Principal[] issuers, Socket socket) {
            return keys.chooseServerAlias(type, issuers, socket);
        }

        @Override
        public String chooseEngineServerAlias(String type, java.security.Principal[] issuers, SSLEngine engine) {
            return keys.chooseEngineServerAlias(type, issuers, engine);
        }
    }
}
