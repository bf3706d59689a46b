package io.veza.edge.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.veza.edge.http1.BodyReader;
import io.veza.edge.http1.HeadFault;
import io.veza.edge.http1.HeadParser;
import io.veza.edge.http1.RequestHead;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a client sends over HTTP/1.1: heads, and bodies as fast as they are taken. While a request is being answered,
 * what comes ahead is held back unread, at most one buffer of it. Belongs to one event loop.
 */
final class RequestReader {

    /** Whom the requests are for. */
    interface Requests {

        /** Whether requests are read still, and not what follows them, or nothing. */
        boolean areRead();

        /** The request that is under way; null before the next head. */
        @Nullable
        Exchange exchange();

        void request(RequestHead head);

        /** There will be no more requests. */
        void malformed(RequestHead head, HeadFault fault);

        /** There is no memory for as long a head as that which has begun. There will be no more requests. */
        void headWithoutRoom();

        /** The client owes nothing of its request for now: it is over, or its server takes no more of it. */
        void watchServerOnly();

        /** Offers what is none of a request's; true if it was taken over. */
        boolean takeRest(ByteBuf in);

        /** All that has come is read. */
        void allRead();
    }

    /** Twice what one read may bring. */
    static final int MOST_HELD = 512 * 1024;

    private final TrafficLoop loop;
    private final Channel channel;
    private final TimerWheel.Timer timer;
    private final Requests requests;
    private final BodyReader body;
    private final BodyPace pace;

    private @Nullable RequestHead head;
    private @Nullable ByteBuf pending;
    private int longHead;
    private boolean reading;
    private boolean anyRequest;
    private long beganNanos;
    private long headEndNanos;
    private long requestEndNanos;
    private long bytes;

    /** @param timer runs while the client owes something */
    RequestReader(TrafficLoop loop, Channel channel, TimerWheel.Timer timer, Requests requests) {
        this.loop = loop;
        this.channel = channel;
        this.timer = timer;
        this.requests = requests;
        this.pace = new BodyPace(loop);
        this.body = new BodyReader(loop.settings.limits());
    }

    /** Reads what came, behind what was held back. Takes over the buffer. */
    void read(ByteBuf in) {
        ByteBuf earlier = pending;
        pending = null;
        readAll(earlier == null ? in : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(channel.alloc(), earlier, in));
    }

    /** Goes on with what was held back, unless that is being done already. */
    void readOn() {
        if (reading) {
            return;
        }
        ByteBuf held = pending;
        if (held != null) {
            pending = null;
            readAll(held);
        }
        if (pending == null) {
            channel.config().setAutoRead(true);
        }
        Exchange current = requests.exchange();
        if (current != null) {
            current.flushServer();
        }
    }

    private void readAll(ByteBuf in) {
        reading = true;
        try {
            boolean goOn = true;
            while (goOn && in.isReadable() && requests.areRead()) {
                Exchange current = requests.exchange();
                if (current == null) {
                    goOn = readHead(in);
                } else {
                    goOn = !body.isOver() && readBody(in, current);
                }
            }
        } catch (RuntimeException | Error e) {
            in.release();
            throw e;
        } finally {
            reading = false;
        }
        if (!in.isReadable()) {
            in.release();
            requests.allRead();
        } else if (!requests.takeRest(in)) {
            pending = in;
            channel.config().setAutoRead(false);
            boundHeld(in);
        }
    }

    /**
     * Behind a client's end epoll reads on, paused or not, and hands over all that the system holds: megabytes for each
     * client, however slow the server is.
     */
    private void boundHeld(ByteBuf in) {
        Exchange current = requests.exchange();
        if (in.readableBytes() > MOST_HELD && current != null) {
            current.giveUp(ExchangeFailure.Cause.SENT_TOO_MUCH);
        }
    }

    private boolean readHead(ByteBuf in) {
        RequestHead parsing = head != null ? head : loop.takeRequestHead();
        boolean begins = !parsing.started();
        head = parsing;
        if (begins) {
            beganNanos = System.nanoTime();
            bytes = 0;
        }
        int start = in.readerIndex();
        HeadParser.Progress progress = parsing.feed(in);
        bytes += in.readerIndex() - start;
        if (progress == HeadParser.Progress.MORE) {
            if (begins && anyRequest) {
                loop.wheel.arm(timer, loop.requestHeadTicks);
            }
            measure(parsing.room() - HeadParser.FIRST_ROOM);
            if (parsing.isLong() && loop.longHeadsAreTooMany()) {
                dropHead();
                requests.headWithoutRoom();
            }
            return false;
        }
        head = null;
        measure(0);
        anyRequest = true;
        timer.cancel();
        headEndNanos = begins ? beganNanos : System.nanoTime();
        if (progress == HeadParser.Progress.FAULT) {
            requests.malformed(parsing, Objects.requireNonNull(parsing.fault()));
        } else {
            startBody(parsing.bodyLength());
            requests.request(parsing);
        }
        loop.giveBack(parsing);
        return true;
    }

    /** The head that has begun takes so much beyond what each one has. */
    private void measure(int beyond) {
        loop.longHeads += beyond - longHead;
        longHead = beyond;
    }

    private void startBody(long length) {
        if (length == RequestHead.CHUNKED) {
            body.startChunked();
        } else {
            body.startLength(length);
        }
        if (body.isOver()) {
            requestEndNanos = headEndNanos;
        } else {
            pace.begin();
            loop.wheel.arm(timer, loop.clientTicks);
        }
    }

    /** True if reading goes on. */
    private boolean readBody(ByteBuf in, Exchange current) {
        if (!current.takesBody()) {
            // From here on it is the server that keeps everybody waiting.
            requests.watchServerOnly();
            pace.rest();
            return false;
        }
        loop.wheel.arm(timer, loop.clientTicks);
        int start = in.readerIndex();
        BodyReader.Event event = body.next(in);
        int read = in.readerIndex() - start;
        bytes += read;
        if (pace.isTooSlow(read) && !body.isOver()) {
            current.giveUp(ExchangeFailure.Cause.BODY_TOO_SLOW);
            return true;
        }
        switch (event) {
            case MORE -> {
                return false;
            }
            case DATA -> {
                current.requestData(in.retainedSlice(body.dataStart(), body.dataLength()));
                if (body.isOver()) {
                    requestIsOver(current);
                }
            }
            case END -> requestIsOver(current);
            case FAULT -> {
                HeadFault fault = Objects.requireNonNull(body.fault());
                current.giveUp(new ExchangeFailure.Malformed(fault));
            }
        }
        return true;
    }

    private void requestIsOver(Exchange current) {
        requests.watchServerOnly();
        requestEndNanos = System.nanoTime();
        current.requestEnd(body.trailers());
    }

    /** The server takes the body again. */
    void resumeUpload() {
        if (requests.exchange() != null && !body.isOver()) {
            pace.goOn();
            loop.wheel.arm(timer, loop.clientTicks);
        }
    }

    /** Whether all of the request was read whose head was read last. */
    boolean bodyIsOver() {
        return body.isOver();
    }

    /** Whether a head has begun and not ended. */
    boolean isInHead() {
        return head != null;
    }

    /** Whether something waits unread. */
    boolean holdsBack() {
        return pending != null;
    }

    /** Counts what came and was not read here. */
    void count(int came) {
        bytes += came;
    }

    /** What has come of the request. */
    long bytes() {
        return bytes;
    }

    long headEndNanos() {
        return headEndNanos;
    }

    long requestEndNanos() {
        return requestEndNanos;
    }

    void describe(ExchangeRecord record) {
        record.bytesIn = bytes;
        record.beganNanos = beganNanos;
        record.headNanos = headEndNanos - beganNanos;
    }

    /** Gives up the head that has begun. */
    void dropHead() {
        RequestHead parsing = head;
        if (parsing != null) {
            head = null;
            measure(0);
            loop.giveBack(parsing);
        }
    }

    /** Drops what was held back; for the end of the connection. */
    void release() {
        ByteBuf held = pending;
        pending = null;
        if (held != null) {
            held.release();
        }
    }
}
