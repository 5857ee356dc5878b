import Foundation
import Testing

/// The rules in `deploy/rules` against the published definitions of the Pod Security Standards: pods that keep to the
/// restricted level but for one thing, and what each level makes of that.
@Suite struct PodSecurityTests {
    /// What is changed in the pod, and which levels still admit it.
    struct Deviation: CustomStringConvertible {
        let path: String
        let value: Any
        let isBaseline: Bool
        let isRestricted: Bool
        var more: [(path: String, value: Any)] = []

        var description: String { "\(path) = \(value)" + more.map { ", \($0.path) = \($0.value)" }.joined() }

        init(
            _ path: String, _ value: Any, baseline: Bool, restricted: Bool, _ more: [(path: String, value: Any)] = []
        ) {
            (self.path, self.value, isBaseline, isRestricted) = (path, value, baseline, restricted)
            self.more = more
        }
    }

    /// A pod of the restricted level, with a container of each kind.
    static func pod() -> [String: Any] {
        let container: [String: Any] = [
            "name": "c", "image": "registry.example.com/web:1",
            "securityContext": ["allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]]],
        ]
        return [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web", "namespace": "plain"],
            "spec": [
                "securityContext": ["runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"]],
                "containers": [container], "initContainers": [container], "ephemeralContainers": [container],
            ],
        ]
    }

    /// The value with another one at a path; a name stands for a member, a number for an element.
    static func setting(_ value: Any, _ path: ArraySlice<String>, _ new: Any) -> Any {
        guard let first = path.first else { return new }
        let rest = path.dropFirst()
        if let index = Int(first) {
            var list = value as? [Any] ?? []
            while list.count <= index { list.append([String: Any]()) }
            list[index] = setting(list[index], rest, new)
            return list
        }
        var object = value as? [String: Any] ?? [:]
        object[first] = setting(object[first] ?? [String: Any](), rest, new)
        return object
    }

    static func applied(_ deviation: Deviation, namespace: String) -> Any {
        var pod: Any = pod()
        for (path, value) in [("metadata/namespace", namespace as Any), (deviation.path, deviation.value)]
            + deviation.more.map({ ($0.path, $0.value) })
        {
            pod = setting(pod, path.split(separator: "/").map(String.init)[...], value)
        }
        return pod
    }

    // MARK: the table

    static var ofPods: [Deviation] {
        let volumes = [
            ("configMap", true), ("csi", true), ("downwardAPI", true), ("emptyDir", true), ("ephemeral", true),
            ("image", true), ("persistentVolumeClaim", true), ("projected", true), ("secret", true), ("nfs", false),
            ("iscsi", false), ("cephfs", false), ("rbd", false), ("glusterfs", false), ("fc", false),
            ("flexVolume", false), ("azureFile", false), ("gcePersistentDisk", false),
        ].map { Deviation("spec/volumes/0/\($0.0)", ["x": "y"], baseline: true, restricted: $0.1) }
        let safe = [
            "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
            "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
            "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
        ].map { Deviation("spec/securityContext/sysctls/0/name", $0, baseline: true, restricted: true) }
        let unsafe = ["kernel.msgmax", "net.core.somaxconn", "vm.swappiness"]
            .map { Deviation("spec/securityContext/sysctls/0/name", $0, baseline: false, restricted: false) }
        let appArmor = "metadata/annotations/container.apparmor.security.beta.kubernetes.io~c"
        return volumes + safe + unsafe + [
            Deviation("metadata/labels/a", "b", baseline: true, restricted: true),
            Deviation("spec/volumes/0/hostPath/path", "/etc", baseline: false, restricted: false),
            Deviation("spec/hostNetwork", true, baseline: false, restricted: false),
            Deviation("spec/hostPID", true, baseline: false, restricted: false),
            Deviation("spec/hostIPC", true, baseline: false, restricted: false),
            Deviation("spec/hostNetwork", false, baseline: true, restricted: true),
            Deviation("spec/securityContext/windowsOptions/hostProcess", true, baseline: false, restricted: false),
            Deviation("spec/securityContext/windowsOptions/hostProcess", false, baseline: true, restricted: true),
            Deviation("spec/securityContext/appArmorProfile/type", "Unconfined", baseline: false, restricted: false),
            Deviation("spec/securityContext/appArmorProfile/type", "RuntimeDefault", baseline: true, restricted: true),
            Deviation("spec/securityContext/appArmorProfile/type", "Localhost", baseline: true, restricted: true),
            Deviation(appArmor, "unconfined", baseline: false, restricted: false),
            Deviation(appArmor, "runtime/default", baseline: true, restricted: true),
            Deviation(appArmor, "localhost/foo", baseline: true, restricted: true),
            Deviation("spec/securityContext/seLinuxOptions/type", "container_t", baseline: true, restricted: true),
            Deviation(
                "spec/securityContext/seLinuxOptions/type", "container_engine_t", baseline: true, restricted: true),
            Deviation("spec/securityContext/seLinuxOptions/type", "spc_t", baseline: false, restricted: false),
            Deviation("spec/securityContext/seLinuxOptions/user", "system_u", baseline: false, restricted: false),
            Deviation("spec/securityContext/seLinuxOptions/role", "system_r", baseline: false, restricted: false),
            Deviation("spec/securityContext/seLinuxOptions/level", "s0", baseline: true, restricted: true),
            Deviation("spec/securityContext/seccompProfile/type", "Unconfined", baseline: false, restricted: false),
            Deviation("spec/securityContext/seccompProfile/type", "Localhost", baseline: true, restricted: true),
            Deviation("spec/securityContext", ["runAsNonRoot": true], baseline: true, restricted: false),
            Deviation("spec/securityContext/runAsNonRoot", false, baseline: true, restricted: false),
            Deviation(
                "spec/securityContext", ["seccompProfile": ["type": "RuntimeDefault"]], baseline: true,
                restricted: false),
            Deviation("spec/securityContext/runAsUser", 0, baseline: true, restricted: false),
            Deviation("spec/securityContext/runAsUser", 1000, baseline: true, restricted: true),
            Deviation(
                "spec/securityContext/runAsUser", 0, baseline: true, restricted: true, [("spec/hostUsers", false)]),
            Deviation(
                "spec/securityContext/runAsNonRoot", false, baseline: true, restricted: true,
                [("spec/hostUsers", false)]),
            Deviation("spec/securityContext/fsGroup", 0, baseline: true, restricted: true),
            Deviation("spec/securityContext/supplementalGroups", [0], baseline: true, restricted: true),
        ]
    }

    static func ofContainers(_ kind: String) -> [Deviation] {
        let c = "spec/\(kind)/0"
        let capabilities = [
            "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP",
            "SETUID", "SYS_CHROOT",
        ].map { Deviation("\(c)/securityContext/capabilities/add", [$0], baseline: true, restricted: false) }
        let more = ["NET_RAW", "SYS_ADMIN", "NET_ADMIN", "ALL", "chown"]
            .map { Deviation("\(c)/securityContext/capabilities/add", [$0], baseline: false, restricted: false) }
        return capabilities + more + [
            Deviation("\(c)/securityContext/capabilities/add", ["NET_BIND_SERVICE"], baseline: true, restricted: true),
            Deviation("\(c)/securityContext/capabilities/drop", ["CHOWN"], baseline: true, restricted: false),
            Deviation("\(c)/securityContext/privileged", true, baseline: false, restricted: false),
            Deviation("\(c)/securityContext/privileged", false, baseline: true, restricted: true),
            Deviation("\(c)/securityContext/allowPrivilegeEscalation", true, baseline: true, restricted: false),
            Deviation(
                "\(c)/securityContext", ["capabilities": ["drop": ["ALL"]]], baseline: true, restricted: false),
            Deviation("\(c)/securityContext/runAsNonRoot", false, baseline: true, restricted: false),
            Deviation("\(c)/securityContext/runAsUser", 0, baseline: true, restricted: false),
            Deviation("\(c)/securityContext/procMount", "Unmasked", baseline: false, restricted: false),
            Deviation("\(c)/securityContext/procMount", "Default", baseline: true, restricted: true),
            Deviation(
                "\(c)/securityContext/procMount", "Unmasked", baseline: true, restricted: false,
                [("spec/hostUsers", false)]),
            Deviation("\(c)/securityContext/seccompProfile/type", "Unconfined", baseline: false, restricted: false),
            Deviation("\(c)/securityContext/seccompProfile/type", "Localhost", baseline: true, restricted: true),
            Deviation("\(c)/securityContext/seLinuxOptions/type", "spc_t", baseline: false, restricted: false),
            Deviation("\(c)/securityContext/appArmorProfile/type", "Unconfined", baseline: false, restricted: false),
            Deviation("\(c)/securityContext/windowsOptions/hostProcess", true, baseline: false, restricted: false),
            Deviation("\(c)/ports/0/hostPort", 80, baseline: false, restricted: false),
            Deviation("\(c)/ports/0/containerPort", 8080, baseline: true, restricted: true),
            Deviation("\(c)/livenessProbe/httpGet/host", "10.0.0.1", baseline: false, restricted: false),
            Deviation("\(c)/readinessProbe/tcpSocket/host", "10.0.0.1", baseline: false, restricted: false),
            Deviation("\(c)/startupProbe/httpGet/port", 80, baseline: true, restricted: true),
            Deviation("\(c)/lifecycle/preStop/httpGet/host", "a.example", baseline: false, restricted: false),
            Deviation("\(c)/lifecycle/postStart/exec/command", ["true"], baseline: true, restricted: true),
        ]
    }

    static var table: [Deviation] {
        ofPods + ["containers", "initContainers", "ephemeralContainers"].flatMap(ofContainers)
    }

    @Test func agreesWithThePublishedDefinitions() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("pods-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let context = folder.appendingPathComponent("namespaces.yaml")
        try Data(
            """
            {apiVersion: v1, kind: Namespace, metadata: {name: plain}}
            ---
            {apiVersion: v1, kind: Namespace,
             metadata: {name: strict, labels: {pod-security.kubernetes.io/enforce: restricted}}}

            """.utf8
        ).write(to: context)
        var pods = Data()
        let table = Self.table
        for deviation in table {
            for namespace in ["plain", "strict"] {
                pods += try JSONSerialization.data(
                    withJSONObject: Self.applied(deviation, namespace: namespace), options: .withoutEscapingSlashes)
                pods += Data("\n---\n".utf8)
            }
        }
        let file = folder.appendingPathComponent("pods.yaml")
        // A slash separates members above, so one within a name was written otherwise.
        let text = String(decoding: pods, as: UTF8.self).replacingOccurrences(of: "io~c", with: "io/c")
        try Data(text.utf8).write(to: file)
        let rules = ["baseline", "restricted"].flatMap { ["--rules", Self.rules("pod-security-\($0).yaml")] }
        let said = try BuiltBinary.run(["review", "-f", file.path, "--context", context.path, "-o", "review"] + rules)
        let lines = said.output.split(separator: "\n")
        try #require(lines.count == 2 * table.count, "\(said)")
        #expect(table.count >= 120)
        for (index, deviation) in table.enumerated() {
            let answers = lines[2 * index...2 * index + 1].map { $0.contains(#""allowed":true"#) }
            #expect(answers == [deviation.isBaseline, deviation.isRestricted], "\(deviation): \(lines[2 * index + 1])")
        }
    }

    private static func rules(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy/rules").appendingPathComponent(name).path
    }
}
