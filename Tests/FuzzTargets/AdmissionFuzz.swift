import Admission
import HTTP
import JSON

let admissionFuzzTargets: [FuzzTarget] = unsafe [
    FuzzTarget(name: "admission-review", run: { unsafe fuzzAdmissionReview($0) })
]

private struct NoTickets: ReviewExchange {
    mutating func ticket(for question: ReviewQuestion) throws(ReviewError) -> (any ReviewTicket, KeptReview) {
        throw .empty
    }
}

/// Answers any bytes as a review by the built-in hooks: the answer is JSON that the strictest reader takes, with the
/// version and the uid of the question, and a copy of the review gets the same.
public func fuzzAdmissionReview(_ input: UnsafeRawBufferPointer) {
    let bytes = unsafe Array(input)
    for phase in [ReviewPhase.validate, .mutate] {
        var reader = ReviewReader(depthMax: 64)
        do throws(ReviewError) {
            try reader.read(bytes.span) { review throws(ReviewError) in
                let first = answer(review, phase)
                check(first, review)
                let kept = try KeptReview(review)
                precondition(answer(kept.review, phase) == first, "a kept review is answered differently")
                withExtendedLifetime(kept) {}
            }
        } catch {
            precondition(!error.description.isEmpty)
        }
    }
}

private func answer(_ review: AdmissionReview, _ phase: ReviewPhase) -> [UInt8] {
    let pipeline = BuiltinPipeline([AllowAll(), PodChecks(), PodDefaults()])
    var response = ReviewResponse()
    var writer = JSONWriter()
    var scratch = ByteBuffer()
    var exchange = NoTickets()
    let question = ReviewQuestion(review: review, phase: phase, arrival: 0, deadline: 1)
    _ = pipeline.handle(question, &response, &exchange)
    review.name.withUTF8 { name in
        response.addCause(reason: name, message: name, field: name)
        response.addWarning(name)
        response.annotate(name, name)
    }
    _ = response.write(for: review, to: &writer, scratch: &scratch)
    return writer.bytes
}

private func check(_ answer: [UInt8], _ review: AdmissionReview) {
    var strict = JSONOptions()
    strict.duplicateKeys = .refuse
    guard let document = try? JSONDocument(parsing: answer, options: strict) else {
        preconditionFailure("the answer is not JSON")
    }
    document.withRoot { root in
        precondition(root["apiVersion"]?.equals(review.version.apiVersion) == true, "the version is another")
        let uid = root["response"]?["uid"]?.string
        precondition(uid.map { Array($0.utf8) } == Array(review.uid.string.utf8), "the uid is another")
    }
}
