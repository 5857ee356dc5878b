extension ServerChannel {
    func takeInput() -> ByteBuffer {
        var bytes = ByteBuffer()
        swap(&bytes, &input)
        if bytes.capacity == 0 { swap(&bytes, &server.input) }
        return bytes
    }

    /// Puts the buffer back: to the loop when it is empty, else its bytes become the connection's own.
    func keepInput(_ bytes: inout ByteBuffer) {
        if bytes.isEmpty || state == .closed || state == .lingering {
            bytes.removeAll()
            if server.input.capacity == 0, bytes.capacity <= 4 * Self.readRoom {
                swap(&bytes, &server.input)
            } else {
                server.pool.give(exchange(&bytes, with: ByteBuffer()))
            }
        } else if server.input.capacity == 0, bytes.capacity <= 4 * Self.readRoom {
            var own = server.pool.take(for: machine.wantedBytes)
            own.reserve(machine.wantedBytes)
            bytes.withBytes { own.append($0) }
            swap(&own, &input)
            bytes.removeAll()
            swap(&bytes, &server.input)
        } else {
            swap(&bytes, &input)
        }
        account()
    }

    /// Goes on in a buffer that holds the whole request: one that grows while a large request arrives copies it more than
    /// once, and needs twice its memory.
    func moveToLargeBuffer(_ bytes: inout ByteBuffer) {
        var large = server.pool.take(for: machine.wantedBytes)
        large.reserve(machine.wantedBytes)
        bytes.withBytes { large.append($0) }
        swap(&bytes, &large)
        large.removeAll()
        if server.input.capacity == 0, large.capacity <= 4 * Self.readRoom {
            swap(&large, &server.input)
        } else {
            server.pool.give(large)
        }
    }

    func account() {
        let owned = input.capacity + output.capacity
        server.bufferedBytes += owned - ownedBytes
        ownedBytes = owned
    }
}
