import Foundation

/// Prints measurements as the table that people and commit messages quote.
enum Table {
    static let header =
        pad("benchmark", 36) + left("CPU/op", 11) + left("MB/s", 8) + left("allocs", 8) + left("retains", 9)
        + "   peer (its CPU/op): ratio ours/theirs [bar]"

    static func row(_ seen: Measurement) -> String {
        let bytes = seen.benchmark.bytes
        let rate = bytes == 0 ? "-" : number(Double(bytes) * 1000 / seen.nanoseconds, 0)
        return pad(seen.benchmark.name, 36) + left(time(seen.nanoseconds), 11) + left(rate, 8)
            + left(number(seen.allocations, 1), 8) + left(number(seen.retains, 1), 9)
            + "   " + bound(seen) + seen.peers.map(peer).joined(separator: "; ")
    }

    private static func bound(_ seen: Measurement) -> String {
        seen.benchmark.nanosecondsMax.map { "[≤ \(time($0)) \(seen.holds ? "holds" : "MISSED")] " } ?? ""
    }

    private static func peer(_ seen: Measurement.PeerResult) -> String {
        let bar = seen.ratioMax.map { " [≤ \(number($0, 2)) \(seen.holds ? "holds" : "MISSED")]" } ?? ""
        switch seen.outcome {
        case .failure(let why): return "\(seen.name): not measured, \(why)\(bar)"
        case .success(let nanoseconds):
            return "\(seen.name) (\(time(nanoseconds))): \(number(seen.ratio, 3))\(bar)\(extra(seen))"
        }
    }

    private static func extra(_ seen: Measurement.PeerResult) -> String {
        guard let extra = seen.extra else { return "" }
        let verdict = extra.nanoseconds <= extra.nanosecondsMax ? "holds" : "MISSED"
        return ", \(time(extra.nanoseconds)) more for each [≤ \(time(extra.nanosecondsMax)) \(verdict)]"
    }

    private static func time(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1_000: number(nanoseconds, 1) + " ns"
        case ..<1_000_000: number(nanoseconds / 1_000, 2) + " µs"
        default: number(nanoseconds / 1_000_000, 2) + " ms"
        }
    }

    private static func number(_ value: Double, _ places: Int) -> String {
        String(format: "%.\(places)f", value)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func left(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
