public import Admission
public import Policies

extension HookRollout {
    /// Whether everybody is asked about.
    var isComplete: Bool { percent >= 100 && namespaces.isEmpty }

    /// Whether a hook of this name is asked about a review. The same review gets the same answer in every replica and
    /// after every restart, and a growing percentage only adds to those that are in.
    public func includes(_ review: AdmissionReview, hook: String) -> Bool {
        if isComplete { return true }
        guard namespaces.isEmpty else {
            return namespaces.contains { name in review.namespace.withUTF8 { Self.isSame($0, name.utf8.span) } }
        }
        return Self.share(of: basisText(review), hook: hook) < percent
    }

    /// What decides: what is in no namespace is told apart by its own name.
    private func basisText(_ review: AdmissionReview) -> ReviewText {
        switch basis {
        case .namespace: review.namespace.isEmpty ? review.name : review.namespace
        case .user: review.userInfo.username
        case .uid: review.uid
        }
    }

    /// Where a text stands between 0 and 100 (FNV-1a over the hook's name and the text, then mixed: FNV alone leaves the
    /// upper bits of short texts alike).
    static func share(of text: ReviewText, hook: String) -> Double {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in hook.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        text.withUTF8 { bytes in
            for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        }
        return Double(Jitter.mixed(hash) >> 11) * 0x1p-53 * 100
    }

    private static func isSame(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        for index in one.indices where one[index] != other[index] { return false }
        return true
    }
}
