import CommandLineInterface
import Foundation

let tool = CommandLineTool(
    root: Command(
        name: "hippo-dev",
        summary: "Run Hippo applications while you write them: WebAssembly modules, WAGI and bindles on your machine.",
        subcommands: Commands.all
    ),
    version: Commands.version,
    environment: ProcessInfo.processInfo.environment
)
exit(tool.run(Array(CommandLine.arguments.dropFirst())).rawValue)
