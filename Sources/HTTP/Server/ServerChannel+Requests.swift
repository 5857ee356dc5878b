internal import Reactor

extension ServerChannel {
    /// Has the machine look at the bytes, again and again until it needs more of them.
    func advance(_ bytes: inout ByteBuffer, _ answers: inout ByteBuffer, hasEnded: Bool) {
        var hasEnded = hasEnded
        while state == .open {
            if answers.count > Self.answerBytesMax {
                flush(&answers)
                isStalled = !output.isEmpty
                if isStalled || state != .open { return }
            }
            if machine.isIdle, !bytes.isEmpty { (arrival, firstTurn) = (server.loop.readySince, server.loop.now) }
            let action = bytes.withMutableBytes { span in
                hasEnded ? machine.inputEnded(&span) : machine.received(&span)
            }
            hasEnded = false
            bytes.truncate(to: machine.keptBytes)
            switch action {
            case .needMore: return
            case .sendContinue: ResponseWriter.writeContinue(to: &answers)
            case .request: guard handle(&bytes, &answers) else { return }
            case .refuse(let error): return refuse(error, &bytes, &answers)
            case .close: return finish(&answers)
            }
        }
    }

    /// Gives the request to the handler; false where the next must wait.
    func handle(_ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) -> Bool {
        requestNumber &+= 1
        server.counters.requests &+= 1
        server.largestRequest = max(server.largestRequest, machine.requestBytes)
        if server.loop.now >= ageEnd || server.isDraining { machine.isDraining = true }
        let closes = machine.closesAfterAnswer
        if let message = overload {
            server.counters.overloaded += 1
            server.writeError(.serviceUnavailable, message, retryAfter: retryAfter, closes: closes, &answers)
            return answered(&bytes, &answers)
        }
        let exchange = HTTPExchange(channel: self, arrival: arrival, closes: closes)
        isHandling = true
        wasAnsweredEarly = false
        let progress = bytes.withBytes {
            server.handler.handle(machine.head, body: machine.body, in: $0, exchange, output: &answers)
        }
        isHandling = false
        guard progress == .later, !wasAnsweredEarly else {
            if wasAnsweredEarly { takeEarlyAnswer(&answers) }
            return answered(&bytes, &answers)
        }
        isAwaitingTicket = true
        server.inFlight += 1
        // The handler has kept what it needs of this request.
        bytes.dropFirst(machine.requestBytes)
        return false
    }

    /// What has no chance to be answered well is turned away while that is still cheap.
    var overload: StaticString? {
        if server.inFlight >= server.options.inFlightMax { return "too many requests are being answered" }
        if server.bufferedBytes > server.options.bufferedBytesMax { return "too many requests are being received" }
        let delay = server.loop.clock.now - arrival
        return machine.requestBytes < 32 << 10 && delay > server.options.queueDelayMax && isPrompt
            ? "the request waited too long for its turn" : nil
    }

    /// The request came in one piece, so that all of its delay is the loop's.
    var isPrompt: Bool { firstTurn == server.loop.now }

    /// Who drains will not be there in a second, but another replica is now.
    var retryAfter: Int { server.isDraining ? 0 : 1 }

    /// Goes on after an answer; false where the connection ends with it.
    func answered(_ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) -> Bool {
        switch machine.answered() {
        case .request(let count):
            bytes.dropFirst(count)
            return !bytes.isEmpty || hasInputEnded
        case .close:
            finish(&answers)
            return false
        }
    }

    func refuse(_ error: RequestError, _ bytes: inout ByteBuffer, _ answers: inout ByteBuffer) {
        switch error {
        case .tooSlow: server.counters.slow += 1
        case .bodyTooLong: server.counters.tooLarge += 1
        default: server.counters.refused += 1
        }
        server.writeError(error.status, error.sentence, retryAfter: nil, closes: true, &answers)
        bytes.removeAll()
        finish(&answers)
    }

    /// Sends what is left to be sent, then ends the connection.
    func finish(_ answers: inout ByteBuffer) {
        guard state == .open else { return }
        state = .lingering
        flush(&answers)
    }
}
