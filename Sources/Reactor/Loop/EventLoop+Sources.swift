internal import CSystem

extension EventLoop {
    /// Watches a descriptor, which must stay open until `remove`; the loop keeps `handler` alive until then.
    public func add(
        _ descriptor: CInt, _ interest: Readiness, _ handler: any EventHandler
    ) throws(SystemError) -> Registration {
        let slot = allocateSource()
        let registration = Registration(slot: slot, generation: sources[Int(slot)].generation)
        guard control(EPOLL_CTL_ADD, descriptor, interest, registration) else {
            let error = SystemError("epoll_ctl")
            freeSource(slot)
            throw error
        }
        sources[Int(slot)].handler = handler
        sources[Int(slot)].descriptor = descriptor
        sourceCount += 1
        return registration
    }

    /// Changes what a descriptor's handler waits for.
    public func change(_ registration: Registration, to interest: Readiness) {
        guard isCurrent(registration) else { return }
        // The descriptor is registered and open, and changing needs no memory: there is no error to be had.
        _ = control(EPOLL_CTL_MOD, sources[Int(registration.slot)].descriptor, interest, registration)
    }

    /// Stops watching; to be called before the descriptor is closed.
    public func remove(_ registration: Registration) {
        guard isCurrent(registration) else { return }
        _ = control(EPOLL_CTL_DEL, sources[Int(registration.slot)].descriptor, [], registration)
        freeSource(registration.slot)
        sourceCount -= 1
    }

    /// True until the registration is removed.
    public func isCurrent(_ registration: Registration) -> Bool {
        let slot = Int(registration.slot)
        return slot < sources.count && sources[slot].generation == registration.generation
    }

    private func control(
        _ operation: CInt, _ descriptor: CInt, _ interest: Readiness, _ registration: Registration
    ) -> Bool {
        var events: UInt32 = 0
        if interest.contains(.readable) { events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.writable) { events |= EPOLLOUT.rawValue }
        return system_epoll_control(epoll.number, operation, descriptor, events, registration.packed) == 0
    }

    private func allocateSource() -> UInt32 {
        if firstFree != Self.noSource {
            let slot = firstFree
            firstFree = sources[Int(slot)].nextFree
            return slot
        }
        sources.append(Source(handler: nil, descriptor: -1, generation: 0, nextFree: Self.noSource))
        return UInt32(sources.count - 1)
    }

    private func freeSource(_ slot: UInt32) {
        sources[Int(slot)].handler = nil
        sources[Int(slot)].descriptor = -1
        sources[Int(slot)].generation &+= 1
        sources[Int(slot)].nextFree = firstFree
        firstFree = slot
    }
}
