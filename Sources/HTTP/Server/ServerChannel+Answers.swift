internal import Reactor
internal import TLS

// MARK: answers

extension ServerChannel {
    func isAwaiting(_ number: UInt64) -> Bool {
        number == requestNumber && state == .open && (isAwaitingTicket || isHandling && !wasAnsweredEarly)
    }

    func answer(_ number: UInt64, _ write: (inout ByteBuffer, Bool) -> Void) {
        guard isAwaiting(number) else {
            server.counters.undelivered += 1
            return
        }
        if isHandling {
            write(&output, machine.closesAfterAnswer)
            wasAnsweredEarly = true
            return
        }
        isAwaitingTicket = false
        server.inFlight -= 1
        if server.isDraining { machine.isDraining = true }
        var answers = ByteBuffer()
        swap(&answers, &server.output)
        write(&answers, machine.closesAfterAnswer)
        var bytes = takeInput()
        if case .close = machine.answered() {
            finish(&answers)
        } else {
            if !bytes.isEmpty || hasInputEnded { advance(&bytes, &answers, hasEnded: hasInputEnded) }
            flush(&answers)
        }
        answers.removeAll()
        swap(&answers, &server.output)
        keepInput(&bytes)
    }

    func takeEarlyAnswer(_ answers: inout ByteBuffer) {
        output.withBytes { answers.append($0) }
        output.releaseMemory()
    }

    var client: Certificate.Facts? { transport.peer }
}

// MARK: writing

extension ServerChannel {
    /// Sends the loop's answers; what the socket does not take becomes the connection's own.
    func flush(_ answers: inout ByteBuffer) {
        guard state != .closed else { return }
        if output.isEmpty {
            let before = answers.count
            guard before > 0 else { return written() }
            let began = server.loop.clock.now
            let outcome = transport.write(&answers)
            server.handler.answersWritten(in: server.loop.clock.now - began)
            server.counters.bytesWritten &+= UInt64(before - answers.count)
            guard settle(outcome) else { return }
        }
        if !answers.isEmpty {
            if output.isEmpty { blockedSince = server.loop.now }
            if output.capacity == 0 { output = server.pool.take(for: answers.count) }
            answers.withBytes { output.append($0) }
            answers.removeAll()
        }
        written()
    }

    func flushOwn() {
        let before = output.count
        let outcome = transport.write(&output)
        server.counters.bytesWritten &+= UInt64(before - output.count)
        guard settle(outcome) else { return }
        if output.isEmpty { giveBackOutput() }
        written()
        // What was left in the connection's buffer, or in OpenSSL's, is not announced by the kernel.
        if output.isEmpty, state == .open, !isAwaitingTicket { readAndAnswer() }
    }

    func settle(_ outcome: TLSOutcome) -> Bool {
        switch outcome {
        case .done, .wantsRead, .wantsWrite: return true
        case .closed, .failed:
            server.counters.undelivered += 1
            close()
            return false
        }
    }

    func written() {
        if !output.isEmpty {
            want(.writable)
        } else if state == .lingering {
            linger()
        } else {
            want(mustWriteToRead ? [.readable, .writable] : .readable)
        }
        arm()
    }

    /// A client that has not sent its whole request yet would be told of a reset instead of the refusal, were the socket
    /// simply closed.
    func linger() {
        if hasInputEnded { return close() }
        transport.shutdownWriting()
        want(.readable)
    }

    func giveBackOutput() {
        var given = ByteBuffer()
        swap(&given, &output)
        server.pool.give(given)
    }
}
