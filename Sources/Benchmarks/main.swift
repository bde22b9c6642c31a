import CommandLineInterface
import Foundation

let tool = CommandLineTool(
    root: Command(
        name: "Benchmarks",
        summary: "Measure hippo-dev: run in release mode, with nothing else running.",
        subcommands: [
            EngineCommand.command, InstanceBenchmark.command, ImageBenchmark.command, RequestBenchmark.command,
            ServeCommand.command,
            SaveBenchmark.command, RebuildBenchmark.command, PushBenchmark.command, HashBenchmark.command,
            SoakCommand.command, BindleBenchmark.command, RecordingBenchmark.command,
        ]
    ),
    version: "1",
    environment: ProcessInfo.processInfo.environment
)
exit(tool.run(Array(CommandLine.arguments.dropFirst())).rawValue)
