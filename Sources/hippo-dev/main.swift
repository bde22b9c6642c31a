import CommandLineInterface
import Foundation

// A file that may not grow any more is an error to report where it is written, not the end of the process.
signal(SIGXFSZ, SIG_IGN)

let tool = CommandLineTool(
    root: Commands.root,
    version: Commands.version,
    environment: ProcessInfo.processInfo.environment
)
exit(tool.run(Array(CommandLine.arguments.dropFirst())).rawValue)
