internal import HTTP
public import JSON

extension ClusterClient {
    /// All objects of a kind, of one namespace or of all, page by page; `labels` and `fields` are selectors as kubectl takes
    /// them. A list that changes too fast to be continued is begun again, once.
    public func list(
        _ resource: ClusterResource, in namespace: String? = nil, labels: String = "", fields: String = ""
    ) throws(ClusterError) -> [JSONDocument] {
        do throws(ClusterError) { return try listOnce(resource, namespace, labels, fields) } catch {
            guard error.kind == .expired else { throw error }
        }
        return try listOnce(resource, namespace, labels, fields)
    }

    private func listOnce(
        _ resource: ClusterResource, _ namespace: String?, _ labels: String, _ fields: String
    ) throws(ClusterError) -> [JSONDocument] {
        var objects: [JSONDocument] = []
        var next = ""
        repeat {
            var call = ClusterCall("list", .get, resource, in: namespace)
            call.query = [("limit", String(bounds.pageObjects))]
            if !labels.isEmpty { call.query.append(("labelSelector", labels)) }
            if !fields.isEmpty { call.query.append(("fieldSelector", fields)) }
            if !next.isEmpty { call.query.append(("continue", next)) }
            let page = try send(call)
            guard page.withRoot({ $0["items"].map { $0.isArray || $0.isNull } ?? false }) else {
                throw ClusterError(.malformed, "\(access.server.authority) answered with no list of \(resource.plural)")
            }
            objects += try page.withRoot { root throws(ClusterError) in try Self.objects(of: root, resource) }
            guard objects.count <= bounds.listObjectsMax else {
                throw ClusterError(
                    .failed, "there are more than \(bounds.listObjectsMax) \(resource.plural): narrow the list")
            }
            next = page.withRoot { $0["metadata"]?["continue"]?.string } ?? ""
        } while !next.isEmpty
        return objects
    }

    /// Each item as a document of its own, with the apiVersion and the kind that lists leave out.
    private static func objects(of page: JSONNode, _ resource: ClusterResource) throws(ClusterError) -> [JSONDocument] {
        var objects: [JSONDocument] = []
        for item in page["items"]?.elements.map({ $0 }) ?? [] {
            var builder = JSONBuilder()
            builder.beginObject()
            builder.key("apiVersion")
            builder.string(resource.apiVersion)
            builder.key("kind")
            builder.string(resource.kind)
            for (key, value) in item.members where !key.equals("apiVersion") && !key.equals("kind") {
                key.withUTF8 { builder.key($0) }
                builder.copy(value)
            }
            builder.endObject()
            do throws(JSONError) { objects.append(try builder.finish()) } catch {
                throw ClusterError(.malformed, "the API server listed something that is no object: \(error)")
            }
        }
        return objects
    }
}
