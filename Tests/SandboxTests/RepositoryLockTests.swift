import Foundation
import TestSupport
import Testing

@testable import Sandbox

/// Where git's lock is found.
struct RepositoryLockTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func find(_ path: String) -> String? { RepositoryLock.path(around: "\(directory.path)/\(path)") }

    @Test("The lock is in the repository of the project, or of what is above it") func above() throws {
        try directory.write("x", to: "tree/app/src/main.c")
        try directory.write("ref: refs/heads/main", to: "tree/.git/HEAD")
        let expected = directory.path + "/tree/.git/index.lock"
        #expect(find("tree") == expected && find("tree/app") == expected && find("tree/app/src") == expected)
        #expect(RepositoryLock.find(at: expected) == nil)
        try directory.write("", to: "tree/.git/index.lock")
        #expect(RepositoryLock.find(at: expected)?.path == expected)
        // A repository of its own has a lock of its own.
        try directory.write("ref: refs/heads/main", to: "tree/app/.git/HEAD")
        #expect(find("tree/app") == directory.path + "/tree/app/.git/index.lock" && find("tree") == expected)
        #expect(find("") == nil)
    }

    @Test("A further work tree and a submodule name their repository in a file") func files() throws {
        try directory.write("", to: "main/.git/worktrees/second/index.lock")
        try directory.write("gitdir: \(directory.path)/main/.git/worktrees/second\n", to: "second/.git")
        #expect(find("second") == directory.path + "/main/.git/worktrees/second/index.lock")
        try directory.write("", to: "main/.git/modules/sub/index.lock")
        try directory.write("gitdir: ../.git/modules/sub\n", to: "main/sub/.git")
        try directory.write("x", to: "main/sub/app/main.c")
        #expect(find("main/sub/app") == directory.path + "/main/.git/modules/sub/index.lock")
        #expect(find("main") == directory.path + "/main/.git/index.lock")
    }

    @Test("Two locks of the same name are two") func identity() throws {
        try directory.write("", to: ".git/index.lock")
        let path = directory.path + "/.git/index.lock"
        let first = RepositoryLock.find(at: path)
        try directory.write("x", to: ".git/next")
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: directory.path + "/.git/next", toPath: path)
        #expect(first != nil && RepositoryLock.find(at: path) != first)
    }
}
