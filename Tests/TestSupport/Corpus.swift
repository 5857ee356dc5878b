public import Foundation

/// The conformance data, read where it lies: never copied into the repository.
///
/// `PORTCULLIS_CORPUS` names its folder; without it, `../shared/corpus` beside the checkout is used.
public enum Corpus {
    /// Where the data is, or nil on a machine that does not have it.
    public static let folder: URL? = {
        let environment = ProcessInfo.processInfo.environment
        let candidate =
            environment["PORTCULLIS_CORPUS"].map { URL(fileURLWithPath: $0) }
            ?? checkout.deletingLastPathComponent().appendingPathComponent("shared/corpus")
        return FileManager.default.fileExists(atPath: candidate.appendingPathComponent("README.md").path)
            ? candidate : nil
    }()

    /// True where the absence of the data is a failure rather than a remark.
    public static let isRequired = ProcessInfo.processInfo.environment["CI"] == "true"

    /// The root of the checkout that these tests were built from.
    public static let checkout: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// The folder to read, or nil with a plain word about what was not run; throws where the data is required.
    public static func need(_ cases: String) throws -> URL? {
        if let folder { return folder }
        if isRequired { throw CorpusIsMissing(cases: cases) }
        print("corpus not found: not run: \(cases)")
        return nil
    }

    /// The bytes of one file below the folder.
    public static func bytes(_ path: String, in folder: URL) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
    }

    /// One JSON file below the folder, as Foundation reads it: an independent witness for our own parser.
    public static func json(_ path: String, in folder: URL) throws -> Any {
        try JSONSerialization.jsonObject(
            with: Data(contentsOf: folder.appendingPathComponent(path)), options: .fragmentsAllowed)
    }
}

/// The corpus was required (`CI=true`) and is not there.
public struct CorpusIsMissing: Error, CustomStringConvertible {
    let cases: String
    /// What to do about it.
    public var description: String {
        "the conformance corpus is required here (CI=true) and was not found; not run: \(cases). "
            + "Set PORTCULLIS_CORPUS to its folder."
    }
}
