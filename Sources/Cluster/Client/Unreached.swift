internal import HTTP
internal import Reactor
internal import TLS

/// An API server that could not be asked, in words for whoever has to do something about it.
struct Unreached {
    private let access: ClusterAccess

    init(_ access: ClusterAccess) { self.access = access }

    func error(_ error: HTTPClientError) -> ClusterError {
        let place = "\(access.server.authority), the API server of \(access.source)"
        switch error {
        case .tls(let error): return untrusted(error, place)
        case .connect(let error):
            return ClusterError(
                .unreachable,
                "nobody answers at \(place): \(SystemError.text(error.code)); is the cluster up, and the address right?"
            )
        case .name:
            return ClusterError(.unreachable, "\(place), cannot be found: \(error.sentence); is the address right?")
        case .timedOut:
            return ClusterError(.timedOut, "\(place), did not answer in time; is it reachable from here?")
        case .response:
            return ClusterError(.malformed, "\(place), answered with something that is unusable: \(error.sentence)")
        case .connectionLost:
            return ClusterError(
                .unreachable,
                "\(place), ended the connection without an answer; does the port speak "
                    + "\(access.server.isSecure ? "TLS" : "plain HTTP")?")
        case .addressRefused, .noTLS, .overloaded, .cancelled:
            return ClusterError(.failed, "\(place): \(error.sentence)")
        }
    }

    private func untrusted(_ error: TLSError, _ place: String) -> ClusterError {
        guard error.kind == .untrusted else {
            return ClusterError(.untrusted, "TLS with \(place), failed: \(error)")
        }
        let authorities =
            access.authorities == nil
            ? "the machine's own authorities, as certificate-authority is not set" : "the authorities that it names"
        let name = access.serverName ?? access.server.host
        return ClusterError(
            .untrusted,
            "\(place), shows something else than a certificate of \(authorities) for the name \(name): \(error); if the "
                + "cluster was made anew, get its kubeconfig again")
    }
}
