import CEL

extension Address {
    static let family = OpaqueFamily(
        typeName: "net.IP",
        equals: { $0.payload(as: Address.self) == $1.payload(as: Address.self) },
        size: { UInt64($0.payload(as: Address.self).width / 8) },
        text: { $0.payload(as: Address.self).description })
}

extension AddressRange {
    static let family = OpaqueFamily(
        typeName: "net.CIDR",
        equals: { $0.payload(as: AddressRange.self) == $1.payload(as: AddressRange.self) },
        size: { UInt64(($0.payload(as: AddressRange.self).prefixLength + 7) / 8) },
        text: { $0.payload(as: AddressRange.self).description })
}

extension Value {
    fileprivate var address: Address? { isOf(Address.family) ? payload(as: Address.self) : nil }
    fileprivate var range: AddressRange? { isOf(AddressRange.family) ? payload(as: AddressRange.self) : nil }
}

/// What the API server accepts as an address or a range, and how it words what it does not.
private enum AddressReading {
    enum Refusal: Error {
        case problem(AddressProblem)
        case zone
        case mapped
    }

    static func address(_ text: ByteView) throws(Refusal) -> Address {
        let parsed: (address: Address, zone: ByteView?)
        do throws(AddressProblem) { parsed = try Address.parse(text) } catch { throw .problem(error) }
        if parsed.zone != nil { throw .zone }
        if parsed.address.isMapped { throw .mapped }
        return parsed.address
    }

    static func value(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
        do throws(Refusal) { return evaluator.opaque(Address.family, try address(text)) } catch {
            return evaluator.error(message(error, text))
        }
    }

    static func message(_ refusal: Refusal, _ text: ByteView) -> String {
        let shown = GoText.quote(text)
        return switch refusal {
        case .problem(let problem):
            "IP Address \(shown) parse error during conversion from string: \(problem.message(text))"
        case .zone: "IP address \(shown) with zone value is not allowed"
        case .mapped: "IPv4-mapped IPv6 address \(shown) is not allowed"
        }
    }

    static func isAddress(_ text: ByteView) -> Bool {
        do throws(Refusal) { return try !address(text).isMapped } catch { return false }
    }

    static func range(_ text: ByteView) -> Result<AddressRange, AddressRange.Problem>? {
        do throws(AddressRange.Problem) {
            let range = try AddressRange(text)
            return range.address.isMapped ? nil : .success(range)
        } catch { return .failure(error) }
    }

    static func rangeValue(_ text: ByteView, _ evaluator: inout Evaluator) -> Value {
        if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
        let preamble = "network address parse error during conversion from string: "
        switch range(text) {
        case .success(let range): return evaluator.opaque(AddressRange.family, range)
        case .failure(let problem): return evaluator.error(preamble + preamble + problem.message(text))
        case nil:
            return evaluator.error("\(preamble)IPv4-mapped IPv6 address \(GoText.quote(text)) is not allowed")
        }
    }
}

extension Library {
    /// Addresses.
    static let ipFunctions: [Function] =
        [
            Function("ip") { evaluator, arguments in
                if arguments.are(.string) { return AddressReading.value(arguments[0].bytes, &evaluator) }
                guard let range = arguments[0].range else { return evaluator.noOverload("ip", arguments) }
                return evaluator.opaque(Address.family, range.address)
            },
            Function("isIP") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("isIP", arguments) }
                if evaluator.mustStop(after: arguments[0].bytes.count / 64 + 1) { return .stopped }
                return Value(AddressReading.isAddress(arguments[0].bytes))
            },
            Function("ip.isCanonical") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("ip.isCanonical", arguments) }
                let value = AddressReading.value(arguments[0].bytes, &evaluator)
                guard let address = value.address else { return value }
                let text = text(of: address, &evaluator)
                return text.isError ? text : Value(text.bytes.hasSameBytes(as: arguments[0].bytes))
            },
            Function("family") { evaluator, arguments in
                guard let address = arguments[0].address else { return evaluator.noOverload("family", arguments) }
                return Value(Int64(address.isIPv6 ? 6 : 4))
            },
            Function("string") { evaluator, arguments in
                guard let address = arguments[0].address else { return .noSuchOverload }
                return text(of: address, &evaluator)
            },
        ] + [
            property("isUnspecified") { $0.isUnspecified }, property("isLoopback") { $0.isLoopback },
            property("isLinkLocalMulticast") { $0.isLinkLocalMulticast },
            property("isLinkLocalUnicast") { $0.isLinkLocalUnicast },
            property("isGlobalUnicast") { $0.isGlobalUnicast },
        ]

    private static func property(_ name: String, _ holds: @escaping @Sendable (Address) -> Bool) -> Function {
        Function(name) { evaluator, arguments in
            arguments[0].address.map { Value(holds($0)) } ?? evaluator.noOverload(name, arguments)
        }
    }

    private static func text(of address: Address, _ evaluator: inout Evaluator) -> Value {
        unsafe evaluator.make(.string, upTo: Address.textMax) { unsafe address.write(to: $0) }
    }

    /// Ranges of addresses.
    static let cidrFunctions: [Function] = [
        Function("cidr") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("cidr", arguments) }
            return AddressReading.rangeValue(arguments[0].bytes, &evaluator)
        },
        Function("isCIDR") { evaluator, arguments in
            guard arguments.are(.string) else { return evaluator.noOverload("isCIDR", arguments) }
            if evaluator.mustStop(after: arguments[0].bytes.count / 64 + 1) { return .stopped }
            if case .success = AddressReading.range(arguments[0].bytes) { return .true }
            return .false
        },
        Function("containsIP") { evaluator, arguments in
            guard let range = arguments[0].range, arguments.count == 2 else {
                return evaluator.noOverload("containsIP", arguments)
            }
            var other = arguments[1]
            if other.kind == .string {
                // What is wrong with an address is not said here, only that it is none.
                other = AddressReading.value(other.bytes, &evaluator)
                if other.isError { return .noSuchOverload }
            }
            return other.address.map { Value(range.contains($0)) } ?? evaluator.noOverload("containsIP", arguments)
        },
        Function("containsCIDR") { evaluator, arguments in
            guard let range = arguments[0].range, arguments.count == 2 else {
                return evaluator.noOverload("containsCIDR", arguments)
            }
            var other = arguments[1]
            if other.kind == .string { other = AddressReading.rangeValue(other.bytes, &evaluator) }
            if other.isError { return other }
            return other.range.map { Value(range.contains($0)) } ?? evaluator.noOverload("containsCIDR", arguments)
        },
        Function("prefixLength") { evaluator, arguments in
            guard let range = arguments[0].range else { return evaluator.noOverload("prefixLength", arguments) }
            return Value(Int64(range.prefixLength))
        },
        Function("masked") { evaluator, arguments in
            guard let range = arguments[0].range else { return evaluator.noOverload("masked", arguments) }
            return evaluator.opaque(AddressRange.family, range.masked)
        },
        Function("string") { evaluator, arguments in
            guard let range = arguments[0].range else { return .noSuchOverload }
            return evaluator.string(range.description)
        },
    ]
}
