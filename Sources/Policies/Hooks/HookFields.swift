import HTTP
import JSON
import Reactor

/// Values of a hook's fields, each with what it must be like.
extension Field {
    /// True or false; nil where it is absent or wrong.
    func optionalBool(_ errors: FieldErrors) -> Bool? {
        guard let node else { return nil }
        if let value = node.bool { return value }
        errors.wrongType(self, "true or false")
        return nil
    }

    /// A whole number within a range; nil where it is absent or wrong.
    func optionalInt(_ range: ClosedRange<Int>, _ errors: FieldErrors) -> Int? {
        guard let node else { return nil }
        if let value = node.int.flatMap({ Int(exactly: $0) }), range.contains(value) { return value }
        errors.add("must be a whole number from \(range.lowerBound) to \(range.upperBound)", self)
        return nil
    }

    /// A share of one, more than none; nil where it is absent or wrong.
    func optionalRate(_ errors: FieldErrors) -> Double? {
        guard let node else { return nil }
        if let value = node.double, value > 0, value <= 1 { return value }
        errors.add("must be a number above 0 and at most 1", self)
        return nil
    }

    /// A percentage such as `99.95%` as a share of one; nil where it is absent or wrong. Below the least of them even a hook
    /// that always fails would spend its budget too slowly for anybody to be called; with 100% there would be no budget.
    func optionalObjective(_ errors: FieldErrors) -> Double? {
        guard let node else { return nil }
        if let text = node.string, text.hasSuffix("%"), let percent = Double(text.dropLast()),
            (90...99.999).contains(percent)
        {
            // Whole billionths, so that 99.9% is the same number as 0.999.
            return (percent * 1e7).rounded() / 1e9
        }
        errors.add("must be a percentage from 90% to 99.999%, such as 99.95%", self)
        return nil
    }

    /// A time such as `250ms` or `10s`; nil where it is absent or wrong.
    func optionalSpan(_ range: ClosedRange<Nanoseconds>, _ errors: FieldErrors) -> Nanoseconds? {
        guard let node else { return nil }
        if let text = node.string, let span = GoDuration(text).map({ Nanoseconds.nanoseconds($0.nanoseconds) }),
            range.contains(span)
        {
            return span
        }
        let (least, most) = (Self.text(range.lowerBound), Self.text(range.upperBound))
        errors.add("must be a duration from \(least) to \(most), such as 250ms or 10s", self)
        return nil
    }

    /// One of a few words; nil where it is absent or wrong.
    func optionalChoice<Choice>(_ choices: [(word: String, value: Choice)], _ errors: FieldErrors) -> Choice? {
        guard let text = optionalWord(errors) else { return nil }
        if let choice = choices.first(where: { $0.word == text }) { return choice.value }
        errors.notSupported(self, text, choices.map(\.word))
        return nil
    }

    /// A word; `off` is one, though YAML takes it for false.
    private func optionalWord(_ errors: FieldErrors) -> String? {
        node?.bool == false ? "off" : optionalText(errors)
    }

    private static func text(_ span: Nanoseconds) -> String {
        let units: [(name: String, size: Int64)] = [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
        ]
        guard let unit = units.first(where: { span.count >= $0.size && span.count % $0.size == 0 }) else {
            return "\(span.count)ns"
        }
        return "\(span.count / unit.size)\(unit.name)"
    }
}

// MARK: the knobs

extension HookSettings {
    private static let times = Nanoseconds.microseconds(100)...Nanoseconds.seconds(3600)

    /// Reads a knob from its field; false where there is no such knob.
    mutating func read(_ knob: String, _ field: Field, _ errors: FieldErrors) -> Bool {
        switch knob {
        case "weight": field.optionalInt(-1_000_000...1_000_000, errors).map { weight = $0 }
        case "mode": field.optionalChoice(Self.modes, errors).map { mode = $0 }
        case "rollout": rollout = HookRollout(field, errors)
        case "budget": field.optionalSpan(Self.times, errors).map { budget = $0 }
        case "failurePolicy": field.optionalChoice(Self.failurePolicies, errors).map { failurePolicy = $0 }
        case "criticality": field.optionalChoice(Self.criticalities, errors).map { objective.criticality = $0 }
        case "objective": field.optionalObjective(errors).map { objective.stated = $0 }
        case "retry": retry = RetrySettings(field, errors)
        case "breaker": if field.isPresent { breaker = BreakerSettings(field, errors) }
        case "concurrency": concurrency = ConcurrencySettings(field, errors)
        case "cache": cache = CacheSettings(field, errors)
        case "runOnError": field.optionalBool(errors).map { runsOnError = $0 }
        default: return false
        }
        return true
    }

    private static let modes: [(word: String, value: HookMode)] = HookMode.allCases.map { ("\($0)", $0) }
    private static let failurePolicies: [(word: String, value: HookFailurePolicy)] = [
        ("Fail", .fail), ("Ignore", .ignore), ("Cached", .cached),
    ]
    private static let criticalities: [(word: String, value: HookCriticality)] = HookCriticality.allCases.map {
        ("\($0)", $0)
    }
}

extension HookRollout {
    /// `{percent: 10, by: namespace}`, `{namespaces: [a, b]}`, or just `10%`.
    init(_ field: Field, _ errors: FieldErrors) {
        self.init()
        if let text = field.node?.string {
            if let number = Self.percent(text) {
                percent = number
            } else {
                errors.invalid(field, text, "must be a percentage from 0% to 100%, or a mapping")
            }
            return
        }
        guard field.isPresent, field.isObject(of: ["percent", "by", "namespaces"], errors) else { return }
        if let node = field["percent"].node {
            let number = node.double ?? node.string.flatMap(Self.percent)
            if let number, (0...100).contains(number) {
                percent = number
            } else {
                errors.add("must be a number from 0 to 100", field["percent"])
            }
        }
        let bases: [(word: String, value: Basis)] = Basis.allCases.map { ("\($0)", $0) }
        field["by"].optionalChoice(bases, errors).map { basis = $0 }
        namespaces = field["namespaces"].texts(errors)
        if !namespaces.isEmpty, field["percent"].isPresent || field["by"].isPresent {
            errors.forbidden(field["namespaces"], "namespaces and percent are mutually exclusive")
        }
    }

    private static func percent(_ text: String) -> Double? {
        guard text.hasSuffix("%"), let number = Double(text.dropLast()), (0...100).contains(number) else { return nil }
        return number
    }
}

extension RetrySettings {
    init(_ field: Field, _ errors: FieldErrors) {
        self.init()
        guard field.isPresent, field.isObject(of: ["attempts", "backoff", "maxBackoff"], errors) else { return }
        let times = Nanoseconds.zero...Nanoseconds.seconds(60)
        field["attempts"].optionalInt(1...10, errors).map { attempts = $0 }
        field["backoff"].optionalSpan(times, errors).map { backoff = $0 }
        backoffMax = max(backoffMax, backoff)
        field["maxBackoff"].optionalSpan(times, errors).map { backoffMax = $0 }
        if backoffMax < backoff { errors.add("must not be less than backoff", field["maxBackoff"]) }
    }
}

extension BreakerSettings {
    private static let fields = [
        "window", "minimumCalls", "failureRate", "slowCall", "slowRate", "openFor", "maxOpenFor", "halfOpenCalls",
    ]

    /// Nil where it is switched off.
    init?(_ field: Field, _ errors: FieldErrors) {
        if field.node?.bool == false || field.node?.string == "off" { return nil }
        self.init()
        guard field.isObject(of: Self.fields, errors) else { return }
        let times = Nanoseconds.milliseconds(100)...Nanoseconds.seconds(3600)
        field["window"].optionalSpan(times, errors).map { window = $0 }
        field["minimumCalls"].optionalInt(1...1_000_000, errors).map { minimumCalls = $0 }
        field["failureRate"].optionalRate(errors).map { failureRate = $0 }
        slowCall = field["slowCall"].optionalSpan(.microseconds(1)...Nanoseconds.seconds(60), errors)
        field["slowRate"].optionalRate(errors).map { slowRate = $0 }
        field["openFor"].optionalSpan(times, errors).map { openFor = $0 }
        openForMax = max(openForMax, openFor)
        field["maxOpenFor"].optionalSpan(times, errors).map { openForMax = $0 }
        if openForMax < openFor { errors.add("must not be less than openFor", field["maxOpenFor"]) }
        field["halfOpenCalls"].optionalInt(1...1_000, errors).map { halfOpenCalls = $0 }
        if field["slowRate"].isPresent, slowCall == nil {
            errors.add("says nothing without slowCall", field["slowRate"])
        }
    }
}

extension ConcurrencySettings {
    init(_ field: Field, _ errors: FieldErrors) {
        self.init()
        guard field.isPresent, field.isObject(of: ["max", "queue"], errors) else { return }
        field["max"].optionalInt(1...10_000, errors).map { callsMax = $0 }
        field["queue"].optionalInt(0...10_000, errors).map { queueMax = $0 }
    }
}

extension CacheSettings {
    /// Nil where it is absent, or has no key.
    init?(_ field: Field, _ errors: FieldErrors) {
        let fields = ["key", "ttl", "staleFor", "entries", "maxBytes"]
        guard field.isPresent, field.isObject(of: fields, errors) else { return nil }
        let key = field["key"].text(errors)
        if RuleText.trimmed(key).isEmpty {
            errors.required(field["key"], "an expression whose value tells requests apart")
            return nil
        }
        self.init(key: key)
        let times = Nanoseconds.milliseconds(1)...Nanoseconds.seconds(7 * 86_400)
        field["ttl"].optionalSpan(times, errors).map { timeToLive = $0 }
        field["staleFor"].optionalSpan(times, errors).map { staleFor = $0 }
        field["entries"].optionalInt(1...1_000_000, errors).map { entriesMax = $0 }
        field["maxBytes"].optionalInt(1_024...1 << 30, errors).map { bytesMax = $0 }
    }
}
