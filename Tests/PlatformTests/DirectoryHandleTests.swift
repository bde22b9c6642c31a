import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("A directory that cannot be left", .enabled(if: DirectoryHandle.kernelResolvesBeneath))
struct DirectoryHandleTests {
    private let directory = try! TemporaryDirectory()

    private func errorNumber(_ handle: DirectoryHandle, _ path: String) -> Int32? {
        do throws(SystemError) {
            close(try handle.openBeneath(path, flags: O_RDONLY | O_CLOEXEC))
            return nil
        } catch { return error.code }
    }

    @Test("Links and dots lead no further than the directory") func beneath() throws {
        let files = FileManager.default
        let root = directory.path + "/root"
        try files.createDirectory(atPath: root + "/inner", withIntermediateDirectories: true)
        try Data("in".utf8).write(to: URL(fileURLWithPath: root + "/inner/file"))
        try Data("out".utf8).write(to: URL(fileURLWithPath: directory.path + "/secret"))
        try files.createSymbolicLink(atPath: root + "/good", withDestinationPath: "inner/file")
        try files.createSymbolicLink(atPath: root + "/bad", withDestinationPath: "../secret")
        try files.createSymbolicLink(atPath: root + "/absolute", withDestinationPath: root + "/inner/file")
        let handle = try DirectoryHandle(root)
        #expect(errorNumber(handle, "inner/file") == nil)
        #expect(errorNumber(handle, "inner/../inner/file") == nil)
        #expect(errorNumber(handle, "good") == nil)
        #expect(errorNumber(handle, "bad") == EXDEV)
        #expect(errorNumber(handle, "../secret") == EXDEV)
        #expect(errorNumber(handle, "absolute") == EXDEV)
        #expect(errorNumber(handle, "nothing") == ENOENT)
        #expect(throws: SystemError.self) { try DirectoryHandle(root + "/good") }
    }

    @Test("Opening returns although something is renamed all the time", .timeLimit(.minutes(15)))
    func renames() throws {
        let files = FileManager.default
        for name in ["a", "b/c"] {
            try files.createDirectory(atPath: directory.path + "/root/" + name, withIntermediateDirectories: true)
        }
        let handle = try DirectoryHandle(directory.path + "/root")
        let (isDone, ended) = (Flag(), Semaphore())
        let root = directory.path + "/root"
        SystemThread.detach(name: "renames") {
            while !isDone.isSet {
                rename(root + "/a", root + "/d")
                rename(root + "/d", root + "/a")
            }
            ended.signal()
        }
        var outcomes: Set<Int32?> = []
        // `..` is what the kernel cannot be sure of during a rename.
        for _ in 0..<20_000 { outcomes.insert(errorNumber(handle, "b/c/../c/../../b")) }
        isDone.set()
        ended.wait()
        #expect(outcomes.isSubset(of: [nil, EAGAIN]))
        #expect(outcomes.contains(nil))
    }
}

/// A flag that one thread sets and another reads.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
