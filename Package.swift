// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: the strictest the language offers, and no warning survives.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A part of the product: a folder of `Sources` that could be lifted out and used alone.
func part(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A program built from the parts.
func program(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// Code that several test targets share; it lives under `Tests` and never ships.
func testing(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

/// A program that tests start and end as they like; it lives under `Tests` and never ships.
func testProgram(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

/// A test target; tests may say `unsafe` freely, so they leave strict memory safety to the code they test.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)",
        swiftSettings: [
            .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
            .enableUpcomingFeature("ExistentialAny"),
        ])
}

let package = Package(
    name: "portcullis",
    products: [
        .executable(name: "portcullis", targets: ["portcullis"]),
        .library(name: "FuzzTargets", type: .static, targets: ["FuzzTargets"]),
    ],
    targets: [
        // The parts, from the bottom up: an arrow only ever points to a line above.
        part("JSON"),
        part("LinearRegex"),
        part("YAML", ["JSON"]),
        part("CEL", ["JSON", "LinearRegex"]),
        part("CELKubernetes", ["JSON", "LinearRegex", "CEL"]),
        .systemLibrary(name: "CSystem"),
        part("Reactor", ["CSystem"]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        part("TLS", ["Reactor", "CSystem", "COpenSSL"]),
        part("HTTP", ["JSON", "Reactor", "TLS"]),
        part("Cluster", ["JSON", "YAML", "Reactor", "TLS", "HTTP"]),
        part("Telemetry", ["JSON", "Reactor", "HTTP"]),
        part("Admission", ["JSON", "HTTP", "Telemetry"]),
        part("Policies", ["JSON", "YAML", "CEL", "CELKubernetes", "Reactor", "HTTP", "Admission"]),
        part("Hooks", ["JSON", "Reactor", "TLS", "HTTP", "Telemetry", "Admission", "Policies"]),
        part(
            "Registration",
            ["JSON", "YAML", "CEL", "CELKubernetes", "HTTP", "TLS", "Reactor", "Admission", "Policies"]),
        part("Canary", ["JSON"]),
        part("Load", ["JSON", "Reactor", "TLS", "HTTP", "Telemetry", "Admission", "CSystem"]),
        part(
            "Gate",
            ["JSON", "YAML", "CSystem", "Reactor", "TLS", "HTTP", "Telemetry", "Admission", "Policies", "Hooks"]),

        // The programs.
        program(
            "portcullis",
            [
                "JSON", "YAML", "CEL", "CELKubernetes", "Reactor", "TLS", "HTTP", "Cluster", "Admission", "Policies",
                "Hooks", "Registration", "Canary", "Load", "Gate",
            ]),
        program(
            "benchmark",
            [
                "JSON", "YAML", "LinearRegex", "CEL", "CELKubernetes", "HTTP", "Admission", "Policies", "Reactor",
                "Telemetry", "Hooks", "AllocationCounter",
            ]),

        // The proof.
        testing("TestSupport"),
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
        testing(
            "FuzzTargets",
            [
                "JSON", "YAML", "LinearRegex", "CEL", "CELKubernetes", "HTTP", "Admission", "Policies", "Hooks",
                "Registration", "Canary",
            ]),
        testing("Simulation", ["JSON", "Reactor", "HTTP", "Telemetry", "Admission", "Policies", "Hooks"]),
        testing("RecordingCluster", ["JSON", "Reactor", "TLS", "HTTP", "TestSupport"]),
        testProgram("simulate", ["Simulation"]),
        testProgram("EmbeddedServer", ["Admission", "Gate", "HTTP", "JSON", "Reactor"]),
        tests("TidyTests", ["TestSupport"]),
        tests("JSONTests", ["JSON", "TestSupport"]),
        tests("YAMLTests", ["YAML", "JSON", "TestSupport"]),
        tests("HTTPTests", ["HTTP", "JSON", "Reactor", "TLS", "TestSupport"]),
        tests("LoadTests", ["Load", "Reactor", "TLS", "HTTP", "JSON", "Telemetry", "TestSupport"]),
        tests("TelemetryTests", ["Telemetry", "HTTP", "JSON", "TestSupport"]),
        tests("AdmissionTests", ["Admission", "HTTP", "Telemetry", "JSON", "TestSupport"]),
        tests("LinearRegexTests", ["LinearRegex", "TestSupport"]),
        tests("OracleTests", ["JSON", "LinearRegex", "CEL", "CELKubernetes", "TestSupport"]),
        tests("EndToEndTests", ["portcullis", "EmbeddedServer", "RecordingCluster", "TestSupport"]),
        tests("MonitoringTests", ["portcullis", "YAML", "JSON", "TestSupport"]),
        tests(
            "ConformanceTests",
            ["JSON", "YAML", "LinearRegex", "CEL", "CELKubernetes", "HTTP", "Admission", "Policies", "TestSupport"]),
        tests("PoliciesTests", ["Policies", "Admission", "HTTP", "YAML", "JSON", "TestSupport"]),
        tests(
            "HooksTests",
            [
                "Hooks", "Simulation", "Policies", "Admission", "Telemetry", "HTTP", "Reactor", "YAML", "JSON",
                "TestSupport",
            ]),
        tests("SimulationTests", ["Simulation", "TestSupport"]),
        tests(
            "ExecutorTests",
            ["Hooks", "Policies", "Admission", "Telemetry", "HTTP", "TLS", "Reactor", "JSON", "TestSupport"]),
        testProgram("JournalWriter", ["Hooks", "Reactor"]),
        tests("RecordsTests", ["JournalWriter", "Hooks", "Policies", "Admission", "Reactor", "JSON", "TestSupport"]),
        tests("CELTests", ["CEL", "CELKubernetes", "JSON", "TestSupport"]),
        tests("ReactorTests", ["Reactor", "TestSupport"]),
        tests("TLSTests", ["TLS", "Reactor", "TestSupport"]),
        tests(
            "RegistrationTests",
            ["Registration", "Policies", "Admission", "CEL", "CELKubernetes", "YAML", "JSON", "TestSupport"]),
        tests("CanaryTests", ["Canary", "JSON", "TestSupport"]),
        tests("ClusterTests", ["Cluster", "RecordingCluster", "HTTP", "TLS", "Reactor", "JSON", "TestSupport"]),
        tests("GateTests", ["Gate", "YAML", "JSON", "Reactor", "TestSupport"]),
        tests(
            "AllocationTests",
            ["JSON", "LinearRegex", "CEL", "CELKubernetes", "HTTP", "Admission", "AllocationCounter"]),
    ]
)
