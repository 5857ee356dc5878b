internal import Reactor
internal import TLS

// MARK: time

extension ServerChannel {
    func want(_ readiness: Readiness) {
        guard readiness != interest, let registration else { return }
        interest = readiness
        server.loop.change(registration, to: readiness)
    }

    /// When something must have happened, as things are now.
    var deadline: Instant {
        let options = server.options
        switch state {
        case .closed: return .never
        case .handshake: return arrival + options.handshakeTimeout
        case .lingering where output.isEmpty: return lastActivity + options.lingerTime
        default: break
        }
        if !output.isEmpty { return blockedSince + options.writeTimeout }
        if isAwaitingTicket { return lastActivity + options.idleTimeout }
        if machine.isIdle { return lastActivity + (drainIdle ?? options.idleTimeout) }
        let bytes = Int64(clamping: input.count)
        let earned = Nanoseconds.seconds(bytes / Int64(max(options.requestBytesPerSecondMin, 1)))
        return arrival + min(options.requestGrace + earned, options.requestTimeMax)
    }

    /// The timer is only ever moved forward in time; one that fires too early looks again.
    func arm() {
        let deadline = self.deadline
        guard deadline < timerEnd || timer == nil else { return }
        server.loop.cancel(&timer)
        timerEnd = deadline
        timer = server.loop.arm(at: deadline, self)
    }

    func fired(_ timer: Timer, on loop: EventLoop) {
        if timer == again {
            again = nil
            return readAndAnswer()
        }
        self.timer = nil
        timerEnd = .never
        guard state != .closed else { return }
        guard isAwaitingTicket || loop.now < deadline else { return expired() }
        if isAwaitingTicket { lastActivity = loop.now }
        arm()
    }

    func expired() {
        if state == .handshake { server.counters.handshakeFailures += 1 }
        if !output.isEmpty { server.counters.undelivered += 1 }
        guard state == .open, output.isEmpty, case .refuse(let error) = machine.timedOut() else { return close() }
        var answers = ByteBuffer()
        var bytes = takeInput()
        refuse(error, &bytes, &answers)
        keepInput(&bytes)
    }
}

// MARK: the end

extension ServerChannel {
    /// Whether the connection may be closed to make room: nothing of it is being answered.
    var isExpendable: Bool { !isAwaitingTicket && !isHandling && output.isEmpty }

    func drain(idle: Nanoseconds) {
        drainIdle = idle
        lastActivity = server.loop.now
        if state == .open { machine.isDraining = true }
        arm()
    }

    /// Ends the connection now; a request that has begun is left to another replica, and its sender told so.
    func abandon() {
        guard state == .open, output.isEmpty, !isHandling, isAwaitingTicket || !machine.isIdle else { return close() }
        server.counters.abandoned += 1
        var answers = ByteBuffer()
        server.writeError(
            .serviceUnavailable, "the server is shutting down", retryAfter: 0, closes: true, &answers)
        if case .done(_) = transport.write(&answers) { transport.shutdownWriting() }
        close()
    }

    func close() {
        guard state != .closed else { return }
        state = .closed
        if isAwaitingTicket {
            isAwaitingTicket = false
            server.inFlight -= 1
        }
        server.loop.cancel(&timer)
        server.loop.cancel(&again)
        if let registration = registration.take() { server.loop.remove(registration) }
        transport.close()
        input.releaseMemory()
        output.releaseMemory()
        account()
        server.forget(self)
    }
}
