import Admission
import Foundation
import HTTP
import JSON

/// A review read for a test, or the reason why it is none.
enum Reading {
    static func error(_ body: [UInt8]) -> ReviewError? {
        var reader = ReviewReader()
        do throws(ReviewError) {
            try reader.read(body.span) { _ in }
            return nil
        } catch {
            return error
        }
    }

    static func with<R>(_ body: [UInt8], _ use: (AdmissionReview) -> R) throws -> R {
        var reader = ReviewReader()
        return try reader.read(body.span) { use($0) }
    }

    static func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
    }

    /// The `response` of an answer, which must be JSON that the strictest parser accepts.
    static func response(_ bytes: [UInt8]) throws -> [String: Any] {
        var strict = JSONOptions()
        strict.duplicateKeys = .refuse
        _ = try JSONDocument(parsing: bytes, options: strict)
        return try object(bytes)["response"] as? [String: Any] ?? [:]
    }

    static let minimal =
        #"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","#
        + #""kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"#
        + #""operation":"CREATE"}}"#
}

/// An exchange that never hands out a ticket.
struct NoExchange: ReviewExchange {
    mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
        throw .empty
    }
}
