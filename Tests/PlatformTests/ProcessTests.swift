import Foundation
import Platform
import TestSupport
import Testing

@Suite("Processes, pipes and memory files") struct ProcessTests {
    private func output(_ script: String, directory: String? = nil) throws -> (text: String, exit: ChildProcess.Exit) {
        let pipe = try PipeDescriptors()
        let child = try ChildProcess.spawn(
            executable: "/bin/sh", arguments: ["-c", script], environment: [("NAME", "value")], directory: directory,
            descriptors: [(STDIN_FILENO, 0), (pipe.writeEnd, 1), (STDERR_FILENO, 2)])
        pipe.closeWriteEnd()
        let bytes = try FileReader.bytes(of: pipe.readEnd, path: "pipe", limit: 1 << 20)
        return (String(decoding: bytes, as: UTF8.self), child.waitForExit())
    }

    @Test("A child gets the arguments, environment, directory and descriptors that it is given") func spawning() throws
    {
        let (text, exit) = try output("echo $NAME; pwd; exit 3", directory: "/")
        #expect(text == "value\n/\n")
        #expect(exit == .exited(code: 3))
        #expect(try output("kill -9 $$").exit == .killed(signal: 9))
    }

    @Test("What cannot be started is named, with the reason") func missing() throws {
        let error = #expect(throws: SystemError.self) {
            try ChildProcess.spawn(executable: "/no/such", arguments: [], environment: [], descriptors: [])
        }
        #expect(error?.description == "cannot start /no/such: No such file or directory")
    }

    @Test("A memory file can be written until it is sealed") func memory() throws {
        let file = try MemoryFile(name: "test")
        try "hello".utf8.withContiguousStorageIfAvailable { try file.append(UnsafeRawBufferPointer($0)) }
        #expect(file.size == 5)
        #expect(!file.isSealed)
        try file.seal()
        #expect(file.isSealed)
        #expect(ftruncate(file.descriptor, 0) != 0)
        #expect(pwrite(file.descriptor, "x", 1, 0) < 0)
        let other = MemoryFile(adopting: dup(file.descriptor))
        #expect(other.size == 5 && other.isSealed)
        #expect(try MemoryFile(name: "test", size: 4096).size == 4096)
    }

    @Test("The environment is this process's") func environment() {
        setenv("HIPPO_DEV_TEST_VARIABLE", "a=b", 1)
        #expect(ProcessEnvironment.value("HIPPO_DEV_TEST_VARIABLE") == "a=b")
        #expect(ProcessEnvironment.all["HIPPO_DEV_TEST_VARIABLE"] == "a=b")
        unsetenv("HIPPO_DEV_TEST_VARIABLE")
        #expect(ProcessEnvironment.value("HIPPO_DEV_TEST_VARIABLE") == nil)
        #expect(ProcessEnvironment.all["HIPPO_DEV_TEST_VARIABLE"] == nil)
    }
}
