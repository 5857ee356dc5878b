import Glibc

exit(Front.run(Array(CommandLine.arguments.dropFirst())).rawValue)
