import Foundation
import Platform
import TestSupport
import Testing

@Suite("What the system says of files") struct FileStatusTests {
    private let directory = try! TemporaryDirectory()

    @Test("A file's kind, size and permissions are told") func kinds() throws {
        let file = directory.path + "/file"
        try Data("hello".utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o640)
        try FileManager.default.createSymbolicLink(atPath: directory.path + "/link", withDestinationPath: "file")
        let status = try #require(FileStatus(path: file))
        #expect(status.kind == .regular)
        #expect(status.size == 5)
        #expect(status.permissions == 0o640)
        #expect(status.linkCount == 1)
        #expect(status.owner == geteuid())
        #expect(FileStatus(path: directory.path)?.kind == .directory)
        #expect(FileStatus(path: directory.path + "/link")?.id == status.id)
        #expect(FileStatus(linkAt: directory.path + "/link")?.kind == .symbolicLink)
        #expect(FileStatus(path: "/dev/null")?.kind == .other)
        #expect(FileStatus(path: directory.path + "/nothing") == nil)
        #expect(FileStatus(descriptor: 987_654) == nil)
    }

    @Test("A hard link is the same file, and a copy is not") func identity() throws {
        let (file, link, copy) = (directory.path + "/a", directory.path + "/b", directory.path + "/c")
        try Data("hello".utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.linkItem(atPath: file, toPath: link)
        try FileManager.default.copyItem(atPath: file, toPath: copy)
        let status = try #require(FileStatus(path: file))
        #expect(FileStatus(path: link)?.identity == status.identity)
        #expect(FileStatus(path: copy)?.id != status.id)
    }

    @Test("A write makes another identity of a file, even if its modification time is set back") func setBack() throws {
        let file = directory.path + "/file"
        try Data("hello".utf8).write(to: URL(fileURLWithPath: file))
        let before = try #require(FileStatus(path: file))
        usleep(20_000)
        try Data("jello".utf8).write(to: URL(fileURLWithPath: file))
        let nanoseconds = before.identity.modificationTime
        let time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        #expect(utimensat(AT_FDCWD, file, [time, time], 0) == 0)
        let after = try #require(FileStatus(path: file))
        #expect(after.identity.modificationTime == nanoseconds)
        #expect(after.identity != before.identity)
    }

    @Test(
        "A file is racy for 20 ms after a change, and for 2.5 s where times are whole seconds",
        arguments: [
            (Int64(1_000_000_001), Int64(1_000_000_001), Int64(1_010_000_000), true),
            (1_000_000_001, 1_000_000_001, 1_020_000_000, true),
            (1_000_000_001, 1_000_000_001, 1_020_000_001, false),
            // The change time counts as well: no program can set it.
            (1, 1_000_000_001, 1_010_000_000, true),
            (1_000_000_000, 1, 3_499_999_999, true),
            (1_000_000_000, 1, 3_500_000_000, false),
            // What was changed in the future may be changed again.
            (9_000_000_001, 1, 3_500_000_000, true),
        ])
    func raciness(modified: Int64, changed: Int64, time: Int64, expected: Bool) {
        let identity = FileIdentity(
            id: FileID(device: 1, inode: 2), size: 3, modificationTime: modified, changeTime: changed)
        #expect(identity.isRacy(at: time) == expected)
    }

    @Test("Seconds before 1970 are rounded down, as all are") func seconds() {
        func seconds(_ nanoseconds: Int64) -> Int64 {
            FileIdentity(id: FileID(device: 0, inode: 0), size: 0, modificationTime: nanoseconds, changeTime: 0)
                .modificationSeconds
        }
        #expect(seconds(1_999_999_999) == 1)
        #expect(seconds(-1) == -1)
        #expect(seconds(-1_000_000_000) == -1)
    }

    @Test("A path is resolved through links, and to nothing where nothing is") func resolving() throws {
        let root = try #require(resolvedPath(directory.path))
        try FileManager.default.createDirectory(atPath: root + "/a/b", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: root + "/link", withDestinationPath: "a/../a/b")
        #expect(resolvedPath(root + "/link/.") == root + "/a/b")
        #expect(resolvedPath(root + "/nothing") == nil)
    }
}
