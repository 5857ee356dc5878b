import CEL

extension WebAddress {
    static let family = OpaqueFamily(
        typeName: "kubernetes.URL",
        equals: { $0.payload(as: WebAddress.self).isWritten(as: $1.payload(as: WebAddress.self)) },
        text: { String(decoding: $0.payload(as: WebAddress.self).written(), as: UTF8.self) })
}

extension Library {
    /// URLs and their parts.
    static let urlFunctions: [Function] =
        [
            Function("url") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("url", arguments) }
                let text = arguments[0].bytes
                do throws(WebAddressProblem) {
                    _ = try WebAddress(text, isRequest: true) { evaluator.mustStop(after: 256) }
                    if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
                    let address = try WebAddress(request: text) { evaluator.mustStop(after: 256) }
                    return evaluator.stop != nil ? .stopped : evaluator.opaque(WebAddress.family, address)
                } catch {
                    return evaluator.error("URL parse error during conversion from string: \(error.message(text))")
                }
            },
            Function("isURL") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("isURL", arguments) }
                if evaluator.mustStop(after: arguments[0].bytes.count / 64 + 1) { return .stopped }
                do throws(WebAddressProblem) {
                    _ = try WebAddress(arguments[0].bytes, isRequest: true) { evaluator.mustStop(after: 256) }
                    return evaluator.stop != nil ? .stopped : .true
                } catch {
                    return .false
                }
            },
        ] + [
            part("getScheme") { $0.schemeValue(&$1) },
            part("getHost") { $0.hostValue(&$1) },
            part("getHostname") { Value(.string, HostText.split($0.hostValue(&$1).bytes).name) },
            part("getPort") { Value(.string, HostText.split($0.hostValue(&$1).bytes).port) },
            part("getEscapedPath") { $0.pathValue(&$1) },
            part("getQuery") { $0.queryValue(&$1) },
        ]

    private static func part(
        _ name: String, _ part: @escaping @Sendable (WebAddress, inout Evaluator) -> Value
    ) -> Function {
        Function(name) { evaluator, arguments in
            guard arguments[0].isOf(WebAddress.family) else { return evaluator.noOverload(name, arguments) }
            return part(arguments[0].payload(as: WebAddress.self), &evaluator)
        }
    }
}
