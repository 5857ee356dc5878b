internal import HTTP
internal import Reactor
internal import TLS

/// A loop's connections to an endpoint, and the credentials that its requests carry.
final class Endpoint {
    /// How often the files that TLS needs are looked at.
    private static let pause = Nanoseconds.seconds(1)
    /// More connections than a hook may have calls at a time on one loop are never made.
    private static let connectionsMax = 64

    let plan: EndpointPlan
    let loop: EventLoop
    private let resolver: Resolver
    private let guardian: AddressGuard
    private var client: HTTPClient
    private var stamps: [FileStamp]
    private var nextLook: Instant
    private var token: SecretFile?
    private var signatureKey: SecretFile?

    /// Connects nothing yet.
    init(
        _ plan: EndpointPlan, on loop: EventLoop, resolver: Resolver, guardian: AddressGuard
    ) throws(EndpointPlan.TLSFilesProblem) {
        self.plan = plan
        self.loop = loop
        self.resolver = resolver
        self.guardian = guardian
        stamps = plan.tlsStamps
        nextLook = loop.now + Self.pause
        token = plan.tokenFile.map { SecretFile($0) }
        signatureKey = plan.signatureKeyFile.map { SecretFile($0, bytesMin: EndpointPlan.signatureKeyBytesMin) }
        let context = plan.url.isSecure ? try plan.context() : nil
        client = Self.client(plan, context, loop, resolver, guardian)
    }

    private static func client(
        _ plan: EndpointPlan, _ context: TLSContext?, _ loop: EventLoop, _ resolver: Resolver,
        _ guardian: AddressGuard
    ) -> HTTPClient {
        var target = HTTPTarget(plan.url, tls: context)
        target.allows = { guardian.allows($0) }
        target.connectionsMax = connectionsMax
        target.limits.bodyBytesMax = plan.responseBytesMax
        return HTTPClient(target, on: loop, resolver: resolver)
    }

    /// The client, with the certificates as their files have them now. New files that are of no use change nothing: the
    /// certificate and its key cannot change in the same moment.
    func currentClient() -> HTTPClient {
        guard plan.url.isSecure, loop.now >= nextLook else { return client }
        nextLook = loop.now + Self.pause
        let present = plan.tlsStamps
        guard present != stamps, let context = try? plan.context() else { return client }
        stamps = present
        client.retire()
        client = Self.client(plan, context, loop, resolver, guardian)
        return client
    }

    /// The header fields that one request has.
    func fields(for invocation: HookInvocation, body: [UInt8]) throws(HookFailure) -> [(
        name: StaticString, value: String
    )] {
        var fields: [(name: StaticString, value: String)] = [("Idempotency-Key", invocation.key)]
        if let trace = invocation.traceparent { fields.append(("traceparent", trace)) }
        if let secret = try token?.read(now: loop.now) {
            fields.append(("Authorization", "Bearer " + String(decoding: secret, as: UTF8.self)))
        }
        if let key = try signatureKey?.read(now: loop.now) {
            fields.append(("Portcullis-Signature", try sign(body, key)))
        }
        return fields
    }

    /// The time is part of what is signed, so that a request which somebody recorded is of no use later.
    private func sign(_ body: [UInt8], _ key: [UInt8]) throws(HookFailure) -> String {
        let seconds = loop.clock.wall / 1_000_000_000
        do throws(TLSError) {
            return "t=\(seconds),v1=\(try SignatureKey(key).signInHexadecimal(Array("\(seconds).".utf8) + body))"
        } catch {
            throw HookFailure(.error, "the request could not be signed: \(error)")
        }
    }

    func close() { client.close() }
}
