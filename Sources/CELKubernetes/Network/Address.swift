import CEL

/// An IPv4 or IPv6 address without a zone.
struct Address: BitwiseCopyable, Equatable {
    /// The bits, in the lower 32 for IPv4.
    var bits: UInt128
    var isIPv6: Bool

    /// How many bits an address of its kind has.
    var width: Int { isIPv6 ? 128 : 32 }

    /// Whether this is an IPv6 address that stands for an IPv4 one.
    var isMapped: Bool { isIPv6 && bits >> 32 == 0xFFFF }

    func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: bits >> UInt128(width - 8 * (index + 1))) }

    func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index)) }
}

// MARK: kinds of addresses

extension Address {
    var isUnspecified: Bool { bits == 0 }

    var isLoopback: Bool { isIPv6 ? bits == 1 : byte(0) == 127 }

    var isMulticast: Bool { isIPv6 ? byte(0) == 0xFF : byte(0) & 0xF0 == 0xE0 }

    var isLinkLocalMulticast: Bool { isIPv6 ? group(0) & 0xFF0F == 0xFF02 : bits >> 8 == 0xE00000 }

    var isLinkLocalUnicast: Bool { isIPv6 ? group(0) & 0xFFC0 == 0xFE80 : bits >> 16 == 0xA9FE }

    var isGlobalUnicast: Bool {
        let isBroadcast = !isIPv6 && bits == 0xFFFF_FFFF
        return !isUnspecified && !isBroadcast && !isLoopback && !isMulticast && !isLinkLocalUnicast
    }
}

// MARK: writing

extension Address {
    /// The longest text of an address.
    static let textMax = 39

    /// Writes the canonical text and gives its length; there must be room for `textMax` bytes.
    @unsafe func write(to memory: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var count = 0
        func write(_ byte: UInt8) {
            unsafe memory[count] = byte
            count += 1
        }
        func write(_ number: Int, radix: Int) {
            var divisor = radix == 10 ? 10_000 : 0x1000
            while divisor > 1, number < divisor { divisor /= radix }
            while divisor > 0 {
                let digit = UInt8(number / divisor % radix)
                write(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
                divisor /= radix
            }
        }
        if !isIPv6 {
            for index in 0..<4 {
                if index > 0 { write(UInt8(ascii: ".")) }
                write(Int(byte(index)), radix: 10)
            }
            return count
        }
        let zeros = longestZeros
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, !zeros.isEmpty {
                write(UInt8(ascii: ":"))
                write(UInt8(ascii: ":"))
                index = zeros.upperBound
                if index == 8 { break }
            } else if index > 0 {
                write(UInt8(ascii: ":"))
            }
            write(Int(group(index)), radix: 16)
            index += 1
        }
        return count
    }

    /// The first of the longest runs of two or more zero groups.
    private var longestZeros: Range<Int> {
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, group(end) == 0 { end += 1 }
            if end - start >= 2, end - start > longest.count { longest = start..<end }
            start = max(end, start + 1)
        }
        return longest
    }

    /// The canonical text.
    var description: String {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textMax) { memory in
            let count = unsafe write(to: memory)
            return unsafe String(decoding: UnsafeBufferPointer(rebasing: memory[..<count]), as: UTF8.self)
        }
    }
}
