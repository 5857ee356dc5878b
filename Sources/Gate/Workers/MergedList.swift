import JSON

/// Lists of several workers, each the newest first, as one.
struct MergedList {
    /// What one worker lists.
    struct Part {
        let worker: Int
        let items: [JSONNode]
        var taken = 0
    }

    private(set) var parts: [Part]

    init(_ lists: [(worker: Int, items: [JSONNode])]) {
        parts = lists.map { Part(worker: $0.worker, items: $0.items) }
    }

    /// The newest of those that are left; of equally new ones that of the first worker.
    mutating func next() -> (worker: Int, item: JSONNode)? {
        var best: (index: Int, time: String)?
        for (index, part) in parts.enumerated() where part.taken < part.items.count {
            let time = part.items[part.taken]["time"]?.string ?? ""
            if best.map({ time > $0.time }) ?? true { best = (index, time) }
        }
        guard let index = best?.index else { return nil }
        defer { parts[index].taken += 1 }
        return (parts[index].worker, parts[index].items[parts[index].taken])
    }

    /// Writes the newest ones as elements of an array that was begun, each with the worker that it is of.
    mutating func write(limit: Int, to writer: inout JSONWriter) {
        for _ in 0..<limit {
            guard let (worker, item) = next() else { return }
            writer.beginObject()
            writer.key("worker")
            writer.int(Int64(worker))
            for member in item.members {
                guard let name = member.key.string else { continue }
                writer.key(name.utf8.span)
                if name == "id", let id = member.value.uint {
                    writer.uint(EntryNumber.whole(id, of: worker))
                } else {
                    writer.node(member.value)
                }
            }
            writer.endObject()
        }
    }
}

/// The numbers of entries: each worker numbers its own, and the last two digits say which worker it is.
enum EntryNumber {
    /// As many workers can be told apart.
    static let workersMax = 64
    private static let base: UInt64 = 100

    /// Its number among those of all workers.
    static func whole(_ id: UInt64, of worker: Int) -> UInt64 { (id &* base) &+ UInt64(worker) }

    /// The worker that has it, and its number there.
    static func parts(_ number: UInt64) -> (worker: Int, id: UInt64) { (Int(number % base), number / base) }
}

/// Where a list of several workers goes on: for each worker the number before which, as `7.x.12`.
struct EntryCursor {
    /// Nil where nothing of a worker has been told yet.
    private var places: [UInt64?]

    init(workers: Int) { places = Array(repeating: nil, count: workers) }

    /// Reads what a list said; nil where it is of another number of workers or none at all.
    init?(_ text: String, workers: Int) {
        let words = text.split(separator: ".", omittingEmptySubsequences: false)
        guard words.count == workers else { return nil }
        places = []
        for word in words {
            if word == "x" {
                places.append(nil)
            } else if let place = UInt64(word) {
                places.append(place)
            } else {
                return nil
            }
        }
    }

    subscript(worker: Int) -> UInt64? {
        get { places.indices.contains(worker - 1) ? places[worker - 1] : nil }
        set { if places.indices.contains(worker - 1) { places[worker - 1] = newValue } }
    }

    var text: String { places.map { $0.map(String.init) ?? "x" }.joined(separator: ".") }
}
