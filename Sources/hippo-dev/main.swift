import CommandLineInterface
import Platform

// Before anything is opened.
InheritedDescriptors.openStandardOnes()
InheritedDescriptors.keepFromChildren()
// A file that may not grow any more is an error to report where it is written, not the end of the process.
signal(SIGXFSZ, SIG_IGN)

let words = Array(CommandLine.arguments.dropFirst())
let tool = CommandLineTool(
    root: Commands.root(for: words),
    version: Commands.version,
    environment: ProcessEnvironment.all
)
exit(tool.run(words).rawValue)
