import Foundation
import TestSupport
import Testing

@testable import Sandbox

/// How others find the sandbox that has a store.
struct StorageClaimTests {
    private func sandbox(_ app: String) -> RunningSandbox {
        RunningSandbox(app: app, bindle: "http://localhost:2/v1", isEphemeral: false, data: nil)
    }

    @Test(
        "A sandbox whose store was removed is found by the store that it makes anew", arguments: [nil, "own/bindles"])
    func newStore(file: String?) throws {
        let directory = try TemporaryDirectory()
        let storage = try Storage(file.map { .file("\(directory.path)/\($0)") }, projectDirectory: directory.path)
        storage.announce(sandbox("http://localhost:1/"))
        try FileManager.default.removeItem(atPath: (storage.path as NSString).deletingLastPathComponent)
        #expect(SandboxLock.holder(ofStore: storage.path) == nil)
        try storage.restore()
        #expect(SandboxLock.holder(ofStore: storage.path) == sandbox("http://localhost:1/"))
        // What it says later is found there, too.
        storage.announce(sandbox("http://localhost:3/"))
        #expect(SandboxLock.holder(ofStore: storage.path) == sandbox("http://localhost:3/"))
        #expect(SandboxLock.isHeld(store: storage.path))
    }

    @Test("A claim whose file alone was removed is made again, and no store is")
    func lostClaim() throws {
        let directory = try TemporaryDirectory()
        let storage = try Storage(nil, projectDirectory: directory.path)
        storage.announce(sandbox("http://localhost:1/"))
        let file = SandboxLock.path(ofStore: storage.path)
        for _ in 1...2 {
            try FileManager.default.removeItem(atPath: file)
            #expect(!SandboxLock.isHeld(store: storage.path))
            storage.keepClaim()
            #expect(SandboxLock.holder(ofStore: storage.path) == sandbox("http://localhost:1/"))
        }
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.removeItem(atPath: storage.path)
        storage.keepClaim()
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("A sandbox is found by the store that was moved away and back, while it had another one")
    func returningStore() throws {
        let directory = try TemporaryDirectory()
        let storage = try Storage(nil, projectDirectory: directory.path)
        storage.announce(sandbox("http://localhost:1/"))
        let (own, away) = (directory.path + "/.hippo", directory.path + "/away")
        try FileManager.default.moveItem(atPath: own, toPath: away)
        try storage.restore()
        try FileManager.default.removeItem(atPath: own)
        try FileManager.default.moveItem(atPath: away, toPath: own)
        try storage.restore()
        #expect(SandboxLock.holder(ofStore: storage.path) == sandbox("http://localhost:1/"))
    }
}
