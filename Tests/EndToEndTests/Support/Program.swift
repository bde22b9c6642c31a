import Foundation

/// The program under test, as this build has made it.
enum Program {
    /// The `hippo-dev` beside the test bundle.
    static let path: String = {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appendingPathComponent("hippo-dev").path
    }()

    /// What a run of the program left.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Runs the program to its end.
    /// - Parameters:
    ///   - environment: Variables beside those of this process.
    ///   - input: What it reads from its standard input; nothing by default.
    ///   - keepsInputOpen: Whether the input does not end before the program does.
    ///   - executable: Another program that is run in place of this one.
    static func run(
        _ arguments: [String], in directory: String? = nil, environment: [String: String] = [:], input: String? = nil,
        keepsInputOpen: Bool = false, executable: String = path
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
        let output = Pipe()
        let errors = Pipe()
        process.environment = UserConfiguration.environment(adding: environment)
        let inputPipe = input == nil && !keepsInputOpen ? nil : Pipe()
        process.standardInput = inputPipe ?? FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        if let input, let inputPipe {
            // Little enough for the pipe's buffer.
            inputPipe.fileHandleForWriting.write(Data(input.utf8))
            try inputPipe.fileHandleForWriting.close()
        }
        // What is written here fits into a pipe's buffer, so that one can be read after the other.
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        let errorData = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
            errors: String(decoding: errorData, as: UTF8.self))
    }
}
