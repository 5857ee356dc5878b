/// The list of commands, and what `portcullis --help` makes of it.
enum HelpText {
    static var commands: [any Command.Type] {
        [
            BackupCommand.self,
            BenchCommand.self,
            BreakerCommand.self,
            CanaryCommand.self,
            CertsCommand.self,
            CheckCommand.self,
            CleanupCommand.self,
            ConvertCommand.self,
            DeadLetterCommand.self,
            DeregisterCommand.self,
            EvalCommand.self,
            ModeCommand.self,
            RegisterCommand.self,
            ReplayCommand.self,
            RestoreCommand.self,
            ReviewCommand.self,
            SchemasCommand.self,
            ServeCommand.self,
            StatusCommand.self,
            VerifyCommand.self,
            VersionCommand.self,
        ]
    }

    static var overview: String {
        let width = commands.map { $0.name.count }.max() ?? 0
        let list = commands.map { command in
            "  \(command.name)\(String(repeating: " ", count: width - command.name.count))  \(command.summary)\n"
        }
        return """
            portcullis: an admission webhook server for Kubernetes

            usage: portcullis COMMAND [ARGUMENT…]

            \(list.joined())
            portcullis COMMAND --help says more about one. Exit status: 0 fine, 1 the thing checked is bad, 2 wrong use
            or cannot run.

            """
    }
}
