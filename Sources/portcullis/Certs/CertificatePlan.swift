import HTTP
import TLS

/// The flags that say what certificates there are to be.
enum CertificatePlan {
    static let values: Set<String> = [
        "--service", "--san", "--days", "--renew-before", "--ca-days", "--overlap",
    ]

    /// Reads them; `names` are those of a certificate that there is already.
    static func read(_ arguments: Arguments, names: [String] = []) throws(UsageError) -> CertificateRotation.Plan {
        var plan = CertificateRotation.Plan(names: names)
        if let service = try NamespacedName.read("--service", arguments) {
            let short = "\(service.name).\(service.namespace)"
            // The API server asks for the name that ends with svc, so it comes first.
            plan.names += ["\(short).svc", short, service.name, "\(short).svc.cluster.local"]
        }
        for name in arguments.all("--san") where !plan.names.contains(name) { plan.names.append(name) }
        for name in plan.names {
            do throws(TLSError) { try CertificateMaker.check(name: name) } catch {
                throw UsageError(message: "--san '\(name)': \(error)")
            }
        }
        plan.servingTime = try days("--days", arguments, 1...3650) ?? plan.servingTime
        plan.renewBefore = try days("--renew-before", arguments, 0...3650) ?? plan.renewBefore
        plan.authorityTime = try days("--ca-days", arguments, 1...36500) ?? plan.authorityTime
        if let text = arguments.value("--overlap") {
            guard let time = GoDuration(text), time.nanoseconds >= 0 else {
                throw UsageError(message: "--overlap must be a time such as 1h, not '\(text)'")
            }
            // Certificates tell seconds.
            plan.overlap = time.nanoseconds / 1_000_000_000 + (time.nanoseconds % 1_000_000_000 > 0 ? 1 : 0)
        }
        try check(plan)
        return plan
    }

    private static func check(_ plan: CertificateRotation.Plan) throws(UsageError) {
        if plan.renewBefore >= plan.servingTime {
            throw UsageError(message: "--renew-before must be less than --days")
        }
        if plan.authorityTime < 2 * plan.authorityMargin {
            let least = (2 * plan.authorityMargin + 86399) / 86400
            throw UsageError(
                message: "--ca-days must be at least \(least), twice as long as --days, --renew-before and two overlaps"
            )
        }
    }

    private static func days(
        _ flag: String, _ arguments: Arguments, _ range: ClosedRange<Int64>
    ) throws(UsageError) -> Int64? {
        guard let text = arguments.value(flag) else { return nil }
        guard let days = Int64(text), range.contains(days) else {
            throw UsageError(
                message:
                    "\(flag) must be a number of days from \(range.lowerBound) to \(range.upperBound), not '\(text)'")
        }
        return days * 86400
    }
}

/// A time in seconds since 1970 as people and programs read it.
enum TimeText {
    /// `2026-11-21T18:30:00Z`
    static func text(_ seconds: Int64) -> String {
        let time = CivilTime(secondsSince1970: seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(time.year)-\(two(time.month))-\(two(time.day))T\(two(time.hour)):\(two(time.minute)):\(two(time.second))Z"
    }
}
