import Cluster
import Reactor
import TLS

/// Where a set of certificates is kept.
protocol CertificatePlace {
    /// The place in messages.
    var name: String { get }
    /// What is there now.
    func read() throws(CertificateProblem) -> PlacedCertificates
    /// Puts `files` in the place of what was read.
    func write(_ files: CertificateRotation.Files, over present: PlacedCertificates) throws(CertificateProblem)
}

/// Why certificates could not be looked after.
enum CertificateProblem: Error {
    /// Somebody else has changed them since they were read.
    case changed
    /// Anything else, in a sentence.
    case failed(String)

    var sentence: String {
        switch self {
        case .changed: "somebody else changed the certificates at the same time"
        case .failed(let sentence): sentence
        }
    }
}

/// What was found in a place.
struct PlacedCertificates {
    /// The names of the files, in a folder and in a Secret alike.
    static let certificate = "tls.crt"
    static let key = "tls.key"
    static let bundle = "ca.crt"
    static let authorityKey = "ca.key"
    static let nextAuthorityKey = "next-ca.key"
    static let names = [certificate, key, bundle, authorityKey, nextAuthorityKey]

    /// The contents that there are, by name; empty ones count as none.
    let entries: [String: [UInt8]]
    /// The Secret that they are from.
    var secret: SecretVersion?

    init(_ entries: [String: [UInt8]], secret: SecretVersion? = nil) {
        self.entries = entries.filter { Self.names.contains($0.key) && !$0.value.isEmpty }
        self.secret = secret
    }

    /// The whole set; nil where there is nothing, or where what there is may be replaced.
    func files(in place: String, replaces: Bool) throws(CertificateProblem) -> CertificateRotation.Files? {
        guard !entries.isEmpty else { return nil }
        guard let certificate = entries[Self.certificate], let key = entries[Self.key],
            let bundle = entries[Self.bundle],
            let authorityKey = entries[Self.authorityKey]
        else {
            if replaces { return nil }
            throw .failed(incomplete(place))
        }
        let files = CertificateRotation.Files(
            certificate: certificate, key: key, bundle: bundle, authorityKey: authorityKey,
            nextAuthorityKey: entries[Self.nextAuthorityKey])
        // What cannot be read cannot be gone on with either.
        if replaces, (try? CertificateState(files)) == nil { return nil }
        return files
    }

    private func incomplete(_ place: String) -> String {
        let present = entries.keys.sorted().joined(separator: ", ")
        let missing = Self.names.dropLast().filter { entries[$0] == nil }.joined(separator: ", ")
        let origin = entries[Self.authorityKey] == nil ? "; it was not made by 'certs ensure'" : ""
        return "\(place) has \(present), but no \(missing)\(origin): name another place, or use --force to replace it"
    }

    /// The set as named contents.
    static func entries(_ files: CertificateRotation.Files) -> [(name: String, bytes: [UInt8])] {
        var entries = [
            (certificate, files.certificate), (key, files.key), (bundle, files.bundle),
            (authorityKey, files.authorityKey),
        ]
        if let next = files.nextAuthorityKey { entries.append((nextAuthorityKey, next)) }
        return entries.map { (name: $0.0, bytes: $0.1) }
    }
}

/// Certificates in a folder, all of which change at the same moment.
struct CertificateFolder: CertificatePlace {
    let path: String
    var name: String { path }

    func read() throws(CertificateProblem) -> PlacedCertificates {
        var entries: [String: [UInt8]] = [:]
        for name in PlacedCertificates.names where WholeFile.exists("\(path)/\(name)") {
            do throws(SystemError) { entries[name] = try WholeFile.read("\(path)/\(name)", bytesMax: 1 << 20) } catch {
                throw .failed(error.description)
            }
        }
        return PlacedCertificates(entries)
    }

    func write(_ files: CertificateRotation.Files, over present: PlacedCertificates) throws(CertificateProblem) {
        let entries = PlacedCertificates.entries(files)
        do throws(SystemError) {
            try SwappedFolder.replace(
                path,
                with: entries.map {
                    .init(name: $0.name, bytes: $0.bytes, mode: $0.name.hasSuffix(".key") ? 0o600 : 0o644)
                },
                removed: PlacedCertificates.names.filter { name in !entries.contains { $0.name == name } })
        } catch {
            throw .failed(error.description)
        }
    }
}
