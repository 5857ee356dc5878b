import Cluster
import JSON

/// A Secret or a ConfigMap of our own with one entry, as it is sent.
enum DataObject {
    /// The object's JSON; a Secret's value is base64, and its type is said.
    static func json(_ object: ObjectReference, type: StaticString? = nil, _ entry: String, _ value: String) -> [UInt8]
    {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("apiVersion")
        writer.string(object.resource.apiVersion)
        writer.key("kind")
        writer.string(object.resource.kind)
        if let type {
            writer.key("type")
            writer.string(type)
        }
        writer.key("metadata")
        writer.beginObject()
        writer.key("name")
        writer.string(object.name)
        writer.key("namespace")
        writer.string(object.namespace ?? "")
        writer.key("labels")
        writer.beginObject()
        for label in [ClusterLabels.name, ClusterLabels.managedBy] {
            writer.key(label.utf8.span)
            writer.string(ClusterLabels.portcullis)
        }
        writer.endObject()
        writer.endObject()
        writer.key("data")
        writer.beginObject()
        writer.key(entry.utf8.span)
        writer.string(value)
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}
