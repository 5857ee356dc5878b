internal import COpenSSL

/// A secret that messages are signed with by HMAC-SHA256 (RFC 2104).
public struct SignatureKey: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The key of these bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The 32 bytes of the message's signature.
    public func sign(_ message: [UInt8]) throws(TLSError) -> [UInt8] {
        ERR_clear_error()
        var signature = [UInt8](repeating: 0, count: 32)
        var length = 0
        let outcome = unsafe signature.withUnsafeMutableBufferPointer { output in
            unsafe EVP_Q_mac(
                nil, "HMAC", nil, "SHA256", nil, bytes, bytes.count, message, message.count, output.baseAddress,
                output.count, &length)
        }
        guard unsafe outcome != nil, length == 32 else { throw TLSError.last() }
        return signature
    }

    /// The signature in hexadecimal digits, in small letters.
    public func signInHexadecimal(_ message: [UInt8]) throws(TLSError) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: try sign(message).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
