import Foundation
import JSON
import TestSupport
import YAML

/// What is loaded into Prometheus and Grafana, and the runbook.
enum MonitoringFiles {
    static let deploy = Corpus.checkout.appendingPathComponent("deploy")
    static let folder = deploy.appendingPathComponent("monitoring")
    static let rules = ["recording-rules.yaml", "alerts.yaml"].map { folder.appendingPathComponent($0).path }

    static func files(in name: String, ending: String) throws -> [URL] {
        let all = try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent(name), includingPropertiesForKeys: nil)
        return all.filter { $0.pathExtension == ending }.sorted { $0.path < $1.path }
    }

    static func runbook() throws -> String {
        try String(contentsOf: deploy.appendingPathComponent("runbook.md"), encoding: .utf8)
    }

    /// A YAML file as Foundation has JSON.
    static func yaml(_ file: URL) throws -> [String: Any] {
        let document = try YAMLDocument(parsing: [UInt8](try Data(contentsOf: file)))
        return try object(Data(document.json.withRoot { $0.bytes() }))
    }

    static func object(_ data: Data) throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else { throw NoObject() }
        return object
    }

    struct NoObject: Error {}

    /// The rules of a file, of all its groups.
    static func rules(of path: String) throws -> [[String: Any]] {
        let groups = try yaml(URL(fileURLWithPath: path))["groups"] as? [[String: Any]] ?? []
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
    }

    static func alerts() throws -> [Alert] { try rules(of: rules[1]).map(Alert.init) }

    static func dashboards() throws -> [Dashboard] {
        try files(in: "dashboards", ending: "json").map { try Dashboard(object(Data(contentsOf: $0))) }
    }
}

/// One alert.
struct Alert {
    let name: String
    let severity: String
    let annotations: [String: String]

    init(_ rule: [String: Any]) {
        name = rule["alert"] as? String ?? ""
        severity = (rule["labels"] as? [String: String])?["severity"] ?? ""
        annotations = rule["annotations"] as? [String: String] ?? [:]
    }
}

/// One dashboard.
struct Dashboard {
    let json: [String: Any]
    let title: String
    /// Those that show something.
    let panels: [[String: Any]]

    init(_ json: [String: Any]) {
        self.json = json
        title = json["title"] as? String ?? ""
        panels = (json["panels"] as? [[String: Any]] ?? []).filter { $0["type"] as? String != "row" }
    }
}

/// Programs that the tests run.
enum Program {
    struct Outcome {
        let status: Int32
        let output: String
    }

    /// Runs a program to its end; what it says to both of its outputs.
    static func run(_ words: [String], environment: [String: String] = [:]) throws -> Outcome {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.currentDirectoryURL = Corpus.checkout
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        (process.standardOutput, process.standardError) = (output, output)
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: String(decoding: said, as: UTF8.self))
    }

    /// Whether Prometheus and its tools are there; where they are not, what is not run is said, and with `CI=true` it fails.
    static func hasPrometheus(_ what: String) throws -> Bool {
        let isThere = ["prometheus", "promtool"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
        }
        if !isThere, Corpus.isRequired { throw Missing(what: what) }
        if !isThere { print("prometheus is not installed: not run: \(what)") }
        return isThere
    }

    struct Missing: Error, CustomStringConvertible {
        let what: String
        var description: String { "prometheus is required here (CI=true): not run: \(what); see deploy/install.sh" }
    }

    /// The `portcullis` program that was built together with these tests: beside the test bundle.
    static func portcullis() throws -> String {
        let start = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
        let folders = ([start, Bundle.main.bundleURL] + bundles).map { $0.deletingLastPathComponent() }
        let found = folders.map { $0.appendingPathComponent("portcullis").path }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        guard let found else { throw NotBuilt() }
        return found
    }

    struct NotBuilt: Error {}
}
