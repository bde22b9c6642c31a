import CLinux

/// A short run of another program, for what it writes.
package struct ProgramRun: Sendable {
    package let exit: ChildProcess.Exit
    /// What it wrote to its standard output, at most `limit` bytes of it.
    package let output: String

    package init(exit: ChildProcess.Exit, output: String) {
        self.exit = exit
        self.output = output
    }

    package var isSuccess: Bool { exit == .exited(code: 0) }

    /// What it writes beyond this is not read: no version and no description of a project is as long.
    private static let limit = 32 << 20

    /// Runs a program that is looked for as the shell does, without input, and without what it writes to standard error.
    ///
    /// - Parameters:
    ///   - directory: the working directory.
    ///   - patience: the program is killed when it has run for so long.
    /// - Returns: `nil` if there is no such program, it cannot be started, or it takes too long.
    package static func of(
        _ words: [String], in directory: String, patience: Duration = .seconds(20)
    ) -> ProgramRun? {
        guard let name = words.first, let path = ExecutablePath.find(name, in: ProcessEnvironment.value("PATH")),
            let output = try? PipeDescriptors()
        else { return nil }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        guard
            let child = try? ChildProcess.spawn(
                executable: path, name: name, arguments: Array(words.dropFirst()),
                environment: ProcessEnvironment.all.map { ($0.key, $0.value) }, directory: directory,
                descriptors: [(null, 0), (output.writeEnd, 1), (null, 2)])
        else { return nil }
        output.closeWriteEnd()
        let deadline = MonotonicTime.now + patience
        var bytes: [UInt8] = []
        var isLate = false
        while bytes.count < limit {
            var polled = pollfd(fd: output.readEnd, events: Int16(POLLIN), revents: 0)
            let left = deadline - MonotonicTime.now
            guard left > .zero, poll(&polled, 1, Int32(min(left.milliseconds.rounded(.up), 60_000))) != 0 else {
                isLate = true
                break
            }
            let chunk = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
                count = max(0, read(output.readEnd, buffer.baseAddress, buffer.count))
            }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        if isLate { child.signalGroup(SIGKILL) }
        let exit = child.waitForExit()
        return isLate ? nil : ProgramRun(exit: exit, output: String(decoding: bytes, as: UTF8.self))
    }
}
