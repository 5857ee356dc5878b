public import JSON

extension CanaryFigures {
    /// Writes the figures, so that they can be read again.
    public func write(to builder: inout JSONBuilder) {
        builder.beginObject()
        for (name, value) in members {
            builder.key(name)
            builder.double(value)
        }
        if let p99 {
            builder.key("p99Seconds")
            builder.double(p99)
        }
        builder.endObject()
    }

    private var members: [(StaticString, Double)] {
        [
            ("reviews", reviews), ("deniedRatio", deniedRatio), ("reviewSuccessRatio", reviewSuccessRatio),
            ("calls", calls), ("hookSuccessRatio", hookSuccessRatio), ("timeouts", timeouts), ("failOpen", failOpen),
        ]
    }

    /// Reads figures that were written; nil where any is missing.
    public init?(_ node: JSONNode) {
        func number(_ name: StaticString) -> Double? {
            node[name]?.double.flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        }
        guard let reviews = number("reviews"), let deniedRatio = number("deniedRatio"), let calls = number("calls"),
            let reviewSuccessRatio = number("reviewSuccessRatio"), let timeouts = number("timeouts"),
            let hookSuccessRatio = number("hookSuccessRatio"), let failOpen = number("failOpen")
        else { return nil }
        (self.reviews, self.deniedRatio, self.calls) = (reviews, deniedRatio, calls)
        (self.reviewSuccessRatio, self.hookSuccessRatio) = (reviewSuccessRatio, hookSuccessRatio)
        (self.timeouts, self.failOpen) = (timeouts, failOpen)
        p99 = number("p99Seconds")
    }
}
