import Cluster
import JSON

/// What `backup` or `restore` did with each object, in order.
struct BackupReport {
    private var lines: [(word: String, object: ObjectReference)] = []
    let isDryRun: Bool

    init(isDryRun: Bool) { self.isDryRun = isDryRun }

    /// Notes what was done, or would have been.
    mutating func note(_ word: String, _ object: ObjectReference) { lines.append((word, object)) }

    func print(isJSON: Bool) {
        guard isJSON else {
            let end = isDryRun ? " (dry run)\n" : "\n"
            return Console.print(lines.map { "\($0.word) \($0.object)\(end)" }.joined())
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("dryRun")
        writer.bool(isDryRun)
        writer.key("objects")
        writer.beginArray()
        for (word, object) in lines {
            writer.beginObject()
            writer.key("result")
            writer.string(word)
            writer.key("kind")
            writer.string(object.resource.kind)
            if let namespace = object.namespace {
                writer.key("namespace")
                writer.string(namespace)
            }
            writer.key("name")
            writer.string(object.name)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        Console.print(writer.text + "\n")
    }
}
