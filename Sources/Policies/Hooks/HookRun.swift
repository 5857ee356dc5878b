public import Reactor

/// What a hook of kind `Hook` does besides CEL: whom it asks. Paths are absolute, or relative to the folder of the file that the
/// hook was read from.
public enum HookRun: Hashable, Sendable {
    /// An HTTP service that speaks the executor contract.
    case http(HTTPRun)
    /// Another admission webhook.
    case webhook(HTTPRun)
    /// A program.
    case command(CommandRun)
    /// A language model behind a chat endpoint.
    case prompt(PromptRun)
    /// A hook that is compiled into the server.
    case builtin(name: String, settings: [UInt8])
}

/// An HTTP endpoint and how to speak to it.
public struct HTTPRun: Hashable, Sendable {
    /// Where requests go: `http` or `https`.
    public var url: String
    /// The certificates that its certificate is verified by; nil: the system's.
    public var caFile: String?
    /// A certificate to show.
    public var clientCertificate: String?
    /// The certificate's key; nil: it is in the same file.
    public var clientKey: String?
    /// Holds a token for `Authorization: Bearer`; read again when it changes.
    public var bearerTokenFile: String?
    /// Holds the key that requests are signed with; read again when it changes.
    public var hmacKeyFile: String?
    /// More header fields.
    public var headers: [HookField] = []
    /// The longest response.
    public var responseBytesMax = 256 << 10

    /// An endpoint without credentials.
    public init(url: String) { self.url = url }
}

/// A name and a value.
public struct HookField: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: String

    /// A field.
    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// A program and what it is given.
public struct CommandRun: Hashable, Sendable {
    /// The program and its arguments; a program with a slash is looked for in the copy of `directory`.
    public var arguments: [String]
    /// A folder that each run gets a copy of; nil: an empty one.
    public var directory: String?
    /// Its environment.
    public var environment: [HookField] = []
    /// Environment variables that name a copy of a file, which only the run can read.
    public var secretFiles: [HookField] = []
    /// How long after being told to end it is killed.
    public var grace = Nanoseconds.seconds(2)

    /// A program.
    public init(arguments: [String]) { self.arguments = arguments }
}

/// A chat endpoint and what it is asked.
public struct PromptRun: Hashable, Sendable {
    /// The endpoint: its `url` is that of the chat completions.
    public var endpoint: HTTPRun
    /// The model's name.
    public var model: String
    /// The question, with `{{invocation_json}}` where the invocation goes.
    public var template: String
    /// Holds the key for `Authorization: Bearer`; read again when it changes.
    public var apiKeyFile: String?

    /// A question to a model.
    public init(endpoint: HTTPRun, model: String, template: String) {
        (self.endpoint, self.model, self.template) = (endpoint, model, template)
    }
}
