import HTTP
import JSON

/// Ten checks of a Pod, written out in Swift: what a webhook made by hand does, to measure the rest of the server with.
public struct PodChecks: BuiltinHook {
    /// The name that configuration knows it by.
    public static let name: StaticString = "benchmark-pod-checks"
    /// Validation only.
    public let phases: [ReviewPhase] = [.validate]

    /// The hook.
    public init() {}

    /// Denies with every violation, joined by semicolons.
    public func review(_ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse) {
        var report = ViolationReport()
        let spec = review.object?["spec"]
        report.flag(spec?["hostNetwork"], "hostNetwork is not allowed", &response)
        report.flag(spec?["hostPID"], "hostPID is not allowed", &response)
        report.flag(spec?["hostIPC"], "hostIPC is not allowed", &response)
        if review.object?["metadata"]?["labels"]?["app"] == nil { report.add(nil, "label app is required", &response) }
        Self.checkContainers(spec?["initContainers"], &report, &response)
        Self.checkContainers(spec?["containers"], &report, &response)
        Self.checkContainers(spec?["ephemeralContainers"], &report, &response)
        if let volumes = spec?["volumes"] {
            for volume in volumes.elements {
                if let path = volume["hostPath"], !path.isNull { report.add(nil, "hostPath volume", &response) }
            }
        }
    }

    private static func checkContainers(
        _ list: JSONNode?, _ report: inout ViolationReport, _ response: inout ReviewResponse
    ) {
        guard let list else { return }
        for container in list.elements where container.isObject {
            checkContainer(container, &report, &response)
        }
    }

    private static func checkContainer(
        _ container: JSONNode, _ report: inout ViolationReport, _ response: inout ReviewResponse
    ) {
        let name = container["name"]
        let security = container["securityContext"]
        if security?["privileged"]?.bool == true { report.add(name, ": privileged", &response) }
        if security?["allowPrivilegeEscalation"]?.bool == true {
            report.add(name, ": allowPrivilegeEscalation", &response)
        }
        if let image = container["image"] {
            image.withUTF8 { text in
                if text.ends(with: ":latest") { report.add(name, ": image tag latest", &response) }
                if text.starts(with: "untrusted.example/") { report.add(name, ": untrusted registry", &response) }
            }
        }
        if let ports = container["ports"] {
            for port in ports.elements {
                if let number = port["hostPort"]?.double, number != 0 { report.add(name, ": hostPort", &response) }
            }
        }
    }
}

/// Violations on their way into a message.
private struct ViolationReport {
    private var isEmpty = true

    mutating func flag(_ node: JSONNode?, _ text: StaticString, _ response: inout ReviewResponse) {
        if node?.bool == true { add(nil, text, &response) }
    }

    mutating func add(_ name: JSONNode?, _ text: StaticString, _ response: inout ReviewResponse) {
        if isEmpty {
            response.deny(reason: "")
            if !response.message.isEmpty { response.message.append("; ") }
        } else {
            response.message.append("; ")
        }
        isEmpty = false
        name?.withUTF8 { response.message.append($0) }
        response.message.append(text)
    }
}

extension Span<UInt8> {
    fileprivate func starts(with text: StaticString) -> Bool { holds(text, at: 0) }

    fileprivate func ends(with text: StaticString) -> Bool { holds(text, at: count - text.utf8CodeUnitCount) }

    private func holds(_ text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, start + length <= count else { return false }
        return ByteRange(start, start + length).equals(text, in: self)
    }
}

/// A label and default resources as a JSON Patch: the mutating side of the same measurement.
public struct PodDefaults: BuiltinHook {
    /// The name that configuration knows it by.
    public static let name: StaticString = "benchmark-pod-defaults"
    /// Mutation only.
    public let phases: [ReviewPhase] = [.mutate]

    /// The hook.
    public init() {}

    /// Patches.
    public func review(_ review: AdmissionReview, _ phase: ReviewPhase, _ response: inout ReviewResponse) {
        response.patch.beginArray()
        Self.addLabel(review.object?["metadata"]?["labels"], &response.patch)
        if let containers = review.object?["spec"]?["containers"] {
            var index = 0
            for container in containers.elements {
                if container.isObject, container["resources"]?.isNull ?? true {
                    Self.addResources(index, &response.patch)
                }
                index += 1
            }
        }
        response.patch.endArray()
    }

    private static func addLabel(_ labels: JSONNode?, _ patch: inout JSONWriter) {
        patch.beginObject()
        patch.key("op")
        patch.string("add")
        patch.key("path")
        if labels?.isObject == true {
            patch.string("/metadata/labels/portcullis")
            patch.key("value")
            patch.string("seen")
        } else {
            patch.string("/metadata/labels")
            patch.key("value")
            patch.beginObject()
            patch.key("portcullis")
            patch.string("seen")
            patch.endObject()
        }
        patch.endObject()
    }

    private static func addResources(_ index: Int, _ patch: inout JSONWriter) {
        patch.beginObject()
        patch.key("op")
        patch.string("add")
        patch.key("path")
        patch.string("/spec/containers/\(index)/resources")
        patch.key("value")
        patch.beginObject()
        patch.key("requests")
        patch.beginObject()
        patch.key("cpu")
        patch.string("10m")
        patch.key("memory")
        patch.string("16Mi")
        patch.endObject()
        patch.endObject()
        patch.endObject()
    }
}
