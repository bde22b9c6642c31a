import CommandLineInterface
import Sandbox

extension Command {
    /// `hippo-dev build-runner`: what stands between `up` and a build command.
    static let buildRunner = Command(
        name: "build-runner", summary: "Run a build command, and kill what it leaves behind.",
        arguments: [Self.buildRunnerCommand],
        isHidden: true,
        action: { arguments in BuildRunner.run(arguments[Self.buildRunnerCommand] ?? "true") }
    )

    private static let buildRunnerCommand = Argument("COMMAND", summary: "As the shell takes it.")
}
