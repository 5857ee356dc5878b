/// Why a step of a rotation was made, or none. Times are in seconds since 1970.
public enum RotationReason: Hashable, Sendable {
    /// There was nothing.
    case nothingThere
    /// Nothing is due.
    case nothingDue
    /// A rotation was asked for, and one is under way.
    case underWay
    /// A rotation was asked for.
    case asked
    /// These do not trust the next authority yet.
    case notTrustedYet([String])
    /// What was done before has had the overlap's time to reach everybody.
    case overlapOver
    /// The serving certificate expires.
    case expires(at: Int64)
    /// The serving certificate is not valid yet: the clock was wrong when it was made, or is now.
    case notYetValid(from: Int64)
    /// The key is another certificate's.
    case keyMismatch
    /// The authority does not vouch for the serving certificate; these are OpenSSL's words.
    case untrusted(String)
    /// These names are asked for and not in the certificate, or the other way round.
    case names([String])
    /// The authority expires.
    case authorityExpires(at: Int64)
    /// The authority has expired.
    case authorityExpired(at: Int64)

    /// The reason in words; `time` writes a time down.
    public func sentence(time: (Int64) -> String) -> String {
        switch self {
        case .nothingThere: "there was nothing to go on with"
        case .nothingDue: "nothing is due"
        case .underWay: "a rotation is under way already"
        case .asked: "a rotation was asked for"
        case .notTrustedYet(let names):
            "the next authority is not trusted yet by \(names.joined(separator: ", ")): run 'portcullis register' for them"
        case .overlapOver: "the step before has had its time to reach everybody"
        case .expires(let end): "it would have expired at \(time(end))"
        case .notYetValid(let start): "it was not valid before \(time(start))"
        case .keyMismatch: "tls.key was not the key of tls.crt"
        case .untrusted(let why): "the authority did not vouch for it: \(why)"
        case .names(let names): "it has other names than those asked for: \(names.joined(separator: ", "))"
        case .authorityExpires(let end): "the authority expires at \(time(end))"
        case .authorityExpired(let end): "the authority expired at \(time(end))"
        }
    }
}

/// Why what is there cannot be gone on with; nothing was changed.
public enum RotationProblem: Error, Hashable, Sendable {
    /// The file cannot be read as what it should be.
    case unreadable(String, TLSError)
    /// A certificate of the bundle is no authority's; this is its subject.
    case noAuthority(String)
    /// The file's key is none of an authority in the bundle.
    case strangeKey(String)
    /// The file's certificate is not valid before that time, which a right clock would not have.
    case notYetValid(String, at: Int64)
    /// OpenSSL could not make a certificate.
    case cannotMake(TLSError)

    /// What is wrong, and what to do about it; `time` writes a time down.
    public func sentence(time: (Int64) -> String) -> String {
        switch self {
        case .unreadable(let file, let error): "\(file) cannot be used: \(error)"
        case .noAuthority(let subject): "ca.crt holds something else than authorities: \(subject)"
        case .strangeKey(let file): "\(file) is no private key of an authority in ca.crt, so nothing can be signed"
        case .notYetValid(let file, let start):
            "\(file) is not valid before \(time(start)): is the clock of this machine right?"
        case .cannotMake(let error): "the certificate cannot be made: \(error)"
        }
    }
}
