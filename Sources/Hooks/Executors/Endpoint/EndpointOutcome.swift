internal import HTTP
internal import Reactor
internal import TLS

/// What a response, or the lack of one, means for a hook.
enum EndpointOutcome {
    /// However long an endpoint asks to be left alone, it is not left alone for longer.
    private static let retryAfterMax = Nanoseconds.seconds(300)

    /// `seconds` is the present time since 1970; `read` makes a result of a body.
    static func of(
        _ result: Result<HTTPResponse, HTTPClientError>, seconds: Int64,
        _ read: ([UInt8]) throws(HookFailure) -> HookResult
    ) -> Result<HookResult, HookFailure> {
        switch result {
        case .failure(let error): return .failure(failure(error))
        case .success(let response):
            do throws(HookFailure) {
                try checkStatus(response, seconds: seconds)
                return .success(try read(Array(response.body)))
            } catch {
                return .failure(error)
            }
        }
    }

    private static func failure(_ error: HTTPClientError) -> HookFailure {
        switch error {
        case .timedOut, .name(.timedOut): HookFailure(.timeout, error.sentence, isRetryable: true)
        case .overloaded, .name(.overloaded): HookFailure(.overload, error.sentence, isRetryable: true)
        case .addressRefused(let address): HookFailure(.error, refusal(address))
        case .noTLS, .cancelled, .name(.invalidName): HookFailure(.error, error.sentence)
        case .tls(let problem): HookFailure(.error, error.sentence, isRetryable: problem.kind != .untrusted)
        case .response(.endedEarly): HookFailure(.error, error.sentence, isRetryable: true)
        case .response: HookFailure(.contract, error.sentence)
        case .name, .connect, .connectionLost: HookFailure(.error, error.sentence, isRetryable: true)
        }
    }

    private static func refusal(_ address: IPAddress) -> String {
        let kind = AddressGuard.speciality(of: address).map { " (\($0))" } ?? ""
        return "the host's address \(address)\(kind) is not in the server's allowedTargets"
    }

    private static func checkStatus(_ response: HTTPResponse, seconds: Int64) throws(HookFailure) {
        let code = response.head.statusCode
        switch code {
        case 200...206:
            let coding = response.head.contentEncoding.string(in: response.bytes.span)
            guard coding.isEmpty || coding.lowercased() == "identity" else {
                throw HookFailure(.contract, "the answer is encoded (\(Excerpt.of(coding))), which was not asked for")
            }
        case 300...399: throw HookFailure(.error, "the answer is a redirect (\(code)), which is not followed")
        case 429, 500...599:
            throw HookFailure(
                .error, "the answer's status is \(code)", isRetryable: true,
                retryAfter: retryAfter(response, seconds: seconds))
        default: throw HookFailure(.error, "the answer's status is \(code)")
        }
    }

    /// What `Retry-After` asks for, in seconds or as a date (RFC 9110, 10.2.3).
    private static func retryAfter(_ response: HTTPResponse, seconds: Int64) -> Nanoseconds? {
        let (head, bytes) = (response.head, response.bytes.span)
        if let wait = head.retryAfterSeconds(in: bytes) {
            return min(.seconds(Int64(clamping: wait)), retryAfterMax)
        }
        guard head.retryAfter.isPresent, let date = HTTPDate(bytes.extracting(head.retryAfter.indices)) else {
            return nil
        }
        return min(.seconds(max(0, date.secondsSince1970 - seconds)), retryAfterMax)
    }
}
