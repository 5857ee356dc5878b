// Points in time and lengths of time.

extension Library {
    static let timeFunctions: [Function] =
        [
            Function("duration") { evaluator, arguments in
                switch arguments[0].kind {
                case .duration: return arguments[0]
                case .int: return Value(durationNanoseconds: arguments[0].intValue)
                case .string:
                    return TimeText.duration(arguments[0].bytes).map { Value(durationNanoseconds: $0) }
                        ?? Conversion.failure(&evaluator, arguments[0], to: "google.protobuf.Duration")
                default: return evaluator.noOverload("duration", arguments)
                }
            },
            Function("timestamp") { evaluator, arguments in
                switch arguments[0].kind {
                case .timestamp: return arguments[0]
                case .int: return Instant(seconds: arguments[0].intValue, nanoseconds: 0).value
                case .string:
                    return TimeText.timestamp(arguments[0].bytes)
                        ?? Conversion.failure(&evaluator, arguments[0], to: "google.protobuf.Timestamp")
                default: return evaluator.noOverload("timestamp", arguments)
                }
            },
        ] + accessors

    private static let accessors: [Function] = [
        accessor("getFullYear") { $0.year },
        accessor("getMonth") { $0.month - 1 },
        accessor("getDayOfYear") { $0.dayOfYear - 1 },
        accessor("getDate") { $0.day },
        accessor("getDayOfMonth") { $0.day - 1 },
        accessor("getDayOfWeek") { $0.dayOfWeek },
        accessor("getHours", unit: 3_600_000_000_000) { $0.hour },
        accessor("getMinutes", unit: 60_000_000_000) { $0.minute },
        accessor("getSeconds", unit: 1_000_000_000) { $0.second },
        Function("getMilliseconds") { evaluator, arguments in
            if arguments.count == 1, arguments[0].kind == .duration { return Value(arguments[0].intValue / 1_000_000) }
            let zone = zoneOffset(&evaluator, "getMilliseconds", arguments)
            return zone.isError ? zone : Value(Int64(arguments[0].nanosecondsValue / 1_000_000))
        },
    ]

    /// A part of a timestamp by the clock of a zone; with a unit, also of a duration, which is counted in it.
    private static func accessor(
        _ name: String, unit: Int64 = 0, _ part: @escaping @Sendable (CivilTime) -> Int64
    ) -> Function {
        Function(name) { evaluator, arguments in
            if unit > 0, arguments.count == 1, arguments[0].kind == .duration {
                return Value(inUnits(arguments[0].intValue, unit))
            }
            let zone = zoneOffset(&evaluator, name, arguments)
            if zone.isError { return zone }
            return Value(part(CivilTime(seconds: arguments[0].intValue &+ zone.intValue)))
        }
    }

    /// Whole units; seconds are counted by way of floating point, as the reference implementation does it.
    private static func inUnits(_ nanoseconds: Int64, _ unit: Int64) -> Int64 {
        Int64(Double(nanoseconds / unit) + Double(nanoseconds % unit) / Double(unit))
    }

    /// The seconds ahead of UTC that an accessor is asked for; an error where the arguments are others.
    private static func zoneOffset(_ evaluator: inout Evaluator, _ name: String, _ arguments: Arguments) -> Value {
        guard arguments[0].kind == .timestamp, arguments.count <= 2 else {
            return evaluator.noOverload(name, arguments)
        }
        guard arguments.count == 2 else { return Value(Int64(0)) }
        guard arguments[1].kind == .string else { return evaluator.noOverload(name, arguments) }
        let zone = arguments[1].bytes
        if let colon = zone.firstIndex(of: UInt8(ascii: ":")) { return numericOffset(&evaluator, zone, colon) }
        switch TimeZones.offset(of: zone, at: arguments[0].intValue) {
        case .success(let offset): return Value(offset)
        case .failure(let failure): return evaluator.error(failure.message)
        }
    }

    /// `+hours:minutes`
    private static func numericOffset(_ evaluator: inout Evaluator, _ zone: ByteView, _ colon: Int) -> Value {
        var parts: [Int64] = []
        for text in [zone[view: 0..<colon], zone[view: colon + 1..<zone.count]] {
            switch GoText.integer(text) {
            case .success(let number): parts.append(number)
            case .failure(let failure): return evaluator.error(failure.message)
            }
        }
        let hours = parts[0] &* 60
        let minutes = zone[0] == UInt8(ascii: "-") ? hours &- parts[1] : hours &+ parts[1]
        let nanoseconds = minutes &* 60_000_000_000
        return Value(nanoseconds / 1_000_000_000)
    }
}
