import Foundation

/// The `portcullis` program that was built together with these tests.
enum BuiltBinary {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// It lies beside the test bundle, in the folder that the build put both into.
    static let path: URL? = {
        let start = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        let bundles = CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map { URL(fileURLWithPath: $0) }
        let folders = ([start, Bundle.main.bundleURL] + bundles).map { $0.deletingLastPathComponent() }
        return folders.map { $0.appendingPathComponent("portcullis") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }()

    /// Runs the program to its end with that text on its standard input.
    static func run(_ arguments: [String], input: String = "") throws -> Outcome {
        guard let path else { throw NotBuilt() }
        let process = Process()
        process.executableURL = path
        process.arguments = arguments
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        let errors = stderr.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: errors, as: UTF8.self))
    }

    struct NotBuilt: Error, CustomStringConvertible {
        let description = "portcullis is not beside the tests; build it with them: swift build --build-tests"
    }
}
