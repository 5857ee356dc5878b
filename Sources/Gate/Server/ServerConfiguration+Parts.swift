import Admission
import HTTP
import Hooks
import Policies
import Reactor
import TLS
import Telemetry

extension ServerConfiguration {
    /// What the review loops' HTTP servers keep to.
    var reviewOptions: HTTPServerOptions {
        var options = HTTPServerOptions()
        options.limits = limits.message
        options.requestGrace = limits.headTime
        options.requestBytesPerSecondMin = limits.bodyRateMin
        options.idleTimeout = limits.idleTime
        options.connectionAgeMax = limits.connectionAge
        options.connectionsMax = limits.connectionsPerLoop
        options.inFlightMax = overload.inFlightPerLoop
        options.queueDelayMax = overload.queueDelay
        return options
    }

    /// What the HTTP server for people and Prometheus keeps to.
    var adminOptions: HTTPServerOptions {
        var options = HTTPServerOptions()
        options.limits.bodyBytesMax = 1 << 20
        options.connectionsMax = 256
        return options
    }

    /// What may be replaced while it serves; throws where a hook is not registered.
    func plan(_ registry: BuiltinRegistry, _ revision: HookRevision, _ shadow: PolicySet?) throws(GateError)
        -> ReviewService.Plan
    {
        var found: [any BuiltinHook] = []
        for name in hooks {
            guard let hook = registry[name] else {
                throw GateError("there is no hook '\(name)'; there are \(registry.names.joined(separator: ", "))")
            }
            found.append(hook)
        }
        return ReviewService.Plan(
            deadline: deadline, bodyBytesMax: limits.message.bodyBytesMax, hooks: found,
            hookNames: hooks, revision: revision, shadow: shadow, logLevel: logLevel.level)
    }

    /// The TLS configuration with its files read, and the files.
    func serverTLS() throws(GateError) -> (TLSServerConfiguration, [CertificateFiles]) {
        guard let found = try tls.read() else {
            throw GateError("a certificate and its key are needed: --certificate FILE --key FILE, or spec.tls")
        }
        return found
    }

    /// The same for people's endpoints, which need none. Probes and Prometheus show no certificate, so none is required, and
    /// whose it is decides only what may be changed.
    func adminTLS() throws(GateError) -> (TLSServerConfiguration, [CertificateFiles])? {
        var lenient = admin.tls
        lenient.isClientCertificateOptional = true
        lenient.clientNames = []
        return try lenient.read()
    }
}

extension ServerConfiguration.TLS {
    fileprivate func read() throws(GateError) -> (TLSServerConfiguration, [CertificateFiles])? {
        guard let certificate, let key else { return nil }
        let files = [CertificateFiles(certificate: certificate, key: key)] + others
        do throws(SystemError) {
            var configuration = TLSServerConfiguration(pairs: try read(files))
            configuration.policy = policy
            if let clientAuthority {
                configuration.clientAuthorities = try WholeFile.read(clientAuthority, bytesMax: 1 << 20)
                configuration.clientAuthentication = isClientCertificateOptional ? .optional : .required
                configuration.allowedClients = Set(clientNames)
            }
            return (configuration, files)
        } catch {
            throw GateError("cannot read the certificate's files: \(error)")
        }
    }

    private func read(_ files: [CertificateFiles]) throws(SystemError) -> [CertificatePair] {
        var pairs: [CertificatePair] = []
        for entry in files { pairs.append(try entry.read()) }
        return pairs
    }
}

extension ServerConfiguration.LogLevel {
    var level: LogLevel {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
