import CEL

extension WebAddress {
    static let family = OpaqueFamily(
        typeName: "kubernetes.URL",
        equals: { $0.payload(as: WebAddress.self).written == $1.payload(as: WebAddress.self).written },
        text: { String(decoding: $0.payload(as: WebAddress.self).written, as: UTF8.self) })
}

extension Library {
    /// URLs and their parts.
    static let urlFunctions: [Function] =
        [
            Function("url") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("url", arguments) }
                let text = arguments[0].bytes
                if evaluator.mustStop(after: text.count / 64 + 1) { return .stopped }
                do throws(WebAddressProblem) {
                    return evaluator.opaque(WebAddress.family, try WebAddress(text))
                } catch {
                    return evaluator.error("URL parse error during conversion from string: \(error.message(text))")
                }
            },
            Function("isURL") { evaluator, arguments in
                guard arguments.are(.string) else { return evaluator.noOverload("isURL", arguments) }
                if evaluator.mustStop(after: arguments[0].bytes.count / 64 + 1) { return .stopped }
                do throws(WebAddressProblem) {
                    _ = try WebAddress(arguments[0].bytes, isRequest: true)
                    return .true
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
