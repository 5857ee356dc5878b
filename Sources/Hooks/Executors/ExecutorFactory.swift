internal import HTTP
public import Policies
public import Reactor

/// Makes executors of what rule files say.
public struct ExecutorFactory: Sendable {
    /// Which addresses hooks may reach besides public ones.
    public var allowedTargets: AllowedTargets
    /// What all commands share.
    public var commands: CommandOptions

    /// A factory for hooks that may reach these addresses.
    public init(allowedTargets: AllowedTargets, commands: CommandOptions) {
        self.allowedTargets = allowedTargets
        self.commands = commands
    }

    /// The executor of a hook on one loop; nil for what is compiled into the server.
    ///
    /// `folder` is that of the file that the hook was read from.
    public func executor(
        _ run: HookRun, hook: String, folder: String, on loop: EventLoop, resolver: Resolver
    ) throws(ExecutorProblem) -> (any HookExecutor)? {
        let guardian = AddressGuard(allowedTargets)
        switch try ExecutorPlan(run, folder: folder) {
        case .endpoint(let plan, let dialect):
            do throws(EndpointPlan.TLSFilesProblem) {
                return HTTPExecutor(try Endpoint(plan, on: loop, resolver: resolver, guardian: guardian), dialect)
            } catch {
                throw ExecutorProblem(error.field, error.message, cause: .machine)
            }
        case .command(let plan): return CommandExecutor(plan, hook: hook, options: commands, on: loop)
        case .builtin: return nil
        }
    }

    /// What keeps a hook from being carried out on this machine, without carrying anything out; nil if nothing does.
    public static func problem(_ run: HookRun, folder: String) -> ExecutorProblem? {
        do throws(ExecutorProblem) { _ = try ExecutorPlan(run, folder: folder) } catch { return error }
        return nil
    }
}

/// A hook's `run`, checked.
enum ExecutorPlan {
    case endpoint(EndpointPlan, any EndpointDialect)
    case command(CommandPlan)
    case builtin

    private static let modelBytesMax = 256

    init(_ run: HookRun, folder path: String) throws(ExecutorProblem) {
        let folder = RuleFolder(path)
        switch run {
        case .http(let http):
            let plan = try EndpointPlan(http, at: "http", folder: folder)
            self = .endpoint(
                plan, try Self.dialect("http") { () throws(RequestWriter.Problem) in try ContractDialect(plan) })
        case .webhook(let http):
            let plan = try EndpointPlan(http, at: "webhook", folder: folder, accepts: "application/json, */*")
            self = .endpoint(plan, WebhookDialect(plan))
        case .prompt(let prompt): self = try Self.prompt(prompt, folder)
        case .command(let command): self = .command(try CommandPlan(command, at: "command", folder: folder))
        case .builtin: self = .builtin
        }
    }

    private static func prompt(_ prompt: PromptRun, _ folder: RuleFolder) throws(ExecutorProblem) -> ExecutorPlan {
        guard !prompt.model.isEmpty, prompt.model.utf8.count <= modelBytesMax else {
            throw ExecutorProblem("prompt.model", "must be the name of a model")
        }
        if prompt.apiKeyFile != nil, prompt.endpoint.bearerTokenFile != nil {
            throw ExecutorProblem("prompt.apiKeyFile", "is the same as bearerTokenFile; give one of them")
        }
        let template = try PromptTemplate(prompt.template, at: "prompt.template")
        let plan = try EndpointPlan(
            prompt.endpoint, at: "prompt", folder: folder, tokenFile: prompt.apiKeyFile.map { ($0, "apiKeyFile") })
        return .endpoint(
            plan,
            try dialect("prompt") { () throws(RequestWriter.Problem) in
                try PromptDialect(plan, model: prompt.model, template: template)
            })
    }

    private static func dialect(
        _ path: String, _ make: () throws(RequestWriter.Problem) -> any EndpointDialect
    ) throws(ExecutorProblem) -> any EndpointDialect {
        do throws(RequestWriter.Problem) { return try make() } catch {
            throw ExecutorProblem("\(path).headers", error.sentence)
        }
    }
}
