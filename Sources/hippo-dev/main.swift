import CommandLineInterface
import Foundation

let tool = CommandLineTool(
    root: Commands.root,
    version: Commands.version,
    environment: ProcessInfo.processInfo.environment
)
exit(tool.run(Array(CommandLine.arguments.dropFirst())).rawValue)
