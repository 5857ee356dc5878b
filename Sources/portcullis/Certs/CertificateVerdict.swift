import HTTP
import JSON
import Reactor
import TLS

/// What there is to be said about certificates, and what is wrong with them.
struct CertificateVerdict {
    private let place: String
    private let chain: [CertificateReport]
    private let authorities: [CertificateReport]
    private let keyFits: Bool?
    private let isVouchedFor: Bool?
    private let rotation: (step: CertificateRotation.Step, due: Int64, state: String)?
    private let now: Int64
    /// What is wrong, a sentence each.
    let problems: [String]

    init(
        _ shown: ShownCertificates, _ plan: CertificateRotation.Plan, now: Int64, warn: Int64
    ) throws(CertificateProblem) {
        do throws(TLSError) {
            chain = try CertificateReport.read(shown.chain)
            authorities = try shown.authorities.map { pem throws(TLSError) in try CertificateReport.read(pem) } ?? []
            var problems: [String] = []
            keyFits = shown.key.map { CertificateCheck.fits(shown.chain, key: $0) }
            if keyFits == false { problems.append("the key is not the certificate's") }
            var complaint: String?
            if let pem = shown.authorities {
                complaint = try CertificateCheck.complaint(chain: shown.chain, authorities: pem, at: now)
            }
            isVouchedFor = shown.authorities == nil ? nil : complaint == nil
            if let complaint { problems.append("no authority vouches for the certificate: \(complaint)") }
            problems += chain.flatMap { Self.problems($0, now, warn) }
            self.problems = problems
        } catch {
            throw .failed("\(shown.place): \(error)")
        }
        place = shown.place
        self.now = now
        let state = shown.files.flatMap { try? CertificateState($0) }
        rotation = state.map { state in
            let (step, due) = state.nextStep(plan)
            let word =
                state.next != nil
                ? "the next authority is published"
                : state.old.isEmpty ? "at rest" : "the old authority is still trusted"
            return (step, due, word)
        }
    }

    private static func problems(_ report: CertificateReport, _ now: Int64, _ warn: Int64) -> [String] {
        let facts = report.facts
        if facts.notAfter <= now { return ["\(report.subject) expired at \(TimeText.text(facts.notAfter))"] }
        if facts.notBefore > now { return ["\(report.subject) is not valid before \(TimeText.text(facts.notBefore))"] }
        if facts.notAfter - now < warn { return ["\(report.subject) expires at \(TimeText.text(facts.notAfter))"] }
        return []
    }

    private func days(_ report: CertificateReport) -> Int64 { (report.facts.notAfter - now) / 86400 }
}

extension CertificateVerdict {
    var text: String {
        var lines = [place]
        for report in chain { lines += describe(report, report.isAuthority ? "authority" : "certificate") }
        if let keyFits {
            lines.append("  key          \(keyFits ? "belongs to the certificate" : "IS ANOTHER CERTIFICATE'S")")
        }
        if let isVouchedFor { lines.append("  vouched for  \(isVouchedFor ? "yes" : "NO")") }
        for report in authorities { lines += describe(report, "authority") }
        if let rotation {
            lines.append(
                "  rotation     \(rotation.state); next: \(rotation.step), from \(TimeText.text(rotation.due)) on")
        }
        lines += problems.map { "problem: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    private func describe(_ report: CertificateReport, _ role: String) -> [String] {
        let facts = report.facts
        let names = facts.names + facts.addresses.map(\.description)
        var lines = [
            "  \(role)\(String(repeating: " ", count: 13 - role.count))\(report.subject), \(report.keyType) bits"
        ]
        if !names.isEmpty { lines.append("    names      \(names.joined(separator: ", "))") }
        lines += [
            "    issuer     \(report.issuer)",
            "    valid      \(TimeText.text(facts.notBefore)) to \(TimeText.text(facts.notAfter)), \(days(report)) days left",
            "    serial     \(report.serial)",
            "    SHA-256    \(report.fingerprint)",
        ]
        return lines
    }

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("place")
        writer.string(place)
        writer.key("certificates")
        write(chain, to: &writer)
        if !authorities.isEmpty {
            writer.key("authorities")
            write(authorities, to: &writer)
        }
        if let keyFits {
            writer.key("keyFits")
            writer.bool(keyFits)
        }
        if let isVouchedFor {
            writer.key("vouchedFor")
            writer.bool(isVouchedFor)
        }
        if let rotation {
            writer.key("rotation")
            writer.beginObject()
            Self.add(
                &writer,
                [
                    ("state", rotation.state), ("nextStep", rotation.step.rawValue),
                    ("nextDue", TimeText.text(rotation.due)),
                ])
            writer.endObject()
        }
        writer.key("problems")
        writer.beginArray()
        for problem in problems { writer.string(problem) }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }

    private func write(_ reports: [CertificateReport], to writer: inout JSONWriter) {
        writer.beginArray()
        for report in reports {
            writer.beginObject()
            Self.add(
                &writer,
                [
                    ("subject", report.subject), ("issuer", report.issuer), ("serial", report.serial),
                    ("notBefore", TimeText.text(report.facts.notBefore)),
                    ("notAfter", TimeText.text(report.facts.notAfter)),
                    ("fingerprint", report.fingerprint), ("key", report.keyType),
                ])
            writer.key("daysLeft")
            writer.int(days(report))
            writer.key("isAuthority")
            writer.bool(report.isAuthority)
            writer.key("names")
            writer.beginArray()
            for name in report.facts.names + report.facts.addresses.map(\.description) { writer.string(name) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    private static func add(_ writer: inout JSONWriter, _ members: [(key: String, value: String)]) {
        for (key, value) in members {
            writer.key(key.utf8.span)
            writer.string(value)
        }
    }
}
