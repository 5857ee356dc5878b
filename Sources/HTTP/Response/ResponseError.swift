/// Why a response cannot be used; after it the connection is closed.
public enum ResponseError: UInt8, Error, Sendable, CaseIterable {
    /// The first line is not `HTTP/1.x`, a three-digit status and a phrase.
    case statusLine
    /// The version is not HTTP/1.0 or HTTP/1.1.
    case version
    /// The head has a stray line end, a control character or a malformed field.
    case head
    /// The head is too long or has too many fields.
    case headTooLong
    /// The length is not one whole number, or comes with a transfer coding.
    case length
    /// A transfer coding other than one `chunked`.
    case coding
    /// A chunk or the trailer is malformed.
    case chunk
    /// The body is longer than allowed.
    case bodyTooLong
    /// Too many interim responses, or a switch of protocols that nobody asked for.
    case interim
    /// The connection ended before the response was complete.
    case endedEarly
    /// Bytes arrived that no request asked for.
    case unsolicited
}

extension ResponseError {
    /// What is wrong, in a sentence for people.
    public var sentence: StaticString {
        switch self {
        case .statusLine: "the answer does not start with an HTTP/1.1 status line"
        case .version: "the answer's version is neither HTTP/1.1 nor HTTP/1.0"
        case .head: "the answer's head is malformed"
        case .headTooLong: "the answer's head is too long"
        case .length: "the answer's length is contradictory or not a whole number"
        case .coding: "the answer has a transfer coding other than `chunked`"
        case .chunk: "the answer's chunks are malformed"
        case .bodyTooLong: "the answer is longer than allowed"
        case .interim: "the answer is an interim one without end, or switches protocols"
        case .endedEarly: "the connection ended before the answer was complete"
        case .unsolicited: "an answer came that nobody had asked for"
        }
    }
}
