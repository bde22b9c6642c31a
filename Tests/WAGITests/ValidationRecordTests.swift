import Cryptography
import Foundation
import TestSupport
import Testing
import WAGI

@Suite struct ValidationRecordTests {
    private func digest(_ number: Int) -> SHA256Digest { SHA256.hash(Array("\(number)".utf8)) }

    @Test("A record keeps digests for the same build, in a file that is the user's alone")
    func keeps() throws {
        let folder = try TemporaryDirectory()
        let directory = folder.path + "/new/hippo-dev"
        let record = ValidationRecord(in: directory, build: "1")
        #expect(!record.contains(digest(1)))
        record.add(digest(1))
        record.add(digest(2))
        #expect(record.contains(digest(1)))
        let again = ValidationRecord(in: directory, build: "1")
        #expect(again.contains(digest(1)))
        #expect(again.contains(digest(2)))
        #expect(!again.contains(digest(3)))
        #expect(!ValidationRecord(in: directory, build: "2").contains(digest(1)))
        let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/validated-1")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("Records that others can have written, links and what is no digest are not believed")
    func doubts() throws {
        let folder = try TemporaryDirectory()
        ValidationRecord(in: folder.path, build: "1").add(digest(1))
        let file = folder.path + "/validated-1"
        for (path, permissions) in [(file, 0o620), (file, 0o602), (folder.path, 0o777)] {
            let before = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
            #expect(!ValidationRecord(in: folder.path, build: "1").contains(digest(1)), "\(path) \(permissions)")
            try FileManager.default.setAttributes([.posixPermissions: before as Any], ofItemAtPath: path)
        }
        #expect(ValidationRecord(in: folder.path, build: "1").contains(digest(1)))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/validated-2", withDestinationPath: file)
        #expect(!ValidationRecord(in: folder.path, build: "2").contains(digest(1)))
        try Data("\(digest(4))x\n\(digest(5))".utf8).write(to: URL(fileURLWithPath: file))
        let record = ValidationRecord(in: folder.path, build: "1")
        #expect(!record.contains(digest(4)))
        #expect(record.contains(digest(5)))
    }

    @Test("A full record is begun anew, and those of builds that are gone are removed")
    func bounds() throws {
        let folder = try TemporaryDirectory()
        let old = folder.path + "/validated-old"
        try Data().write(to: URL(fileURLWithPath: old))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -31 * 86400)], ofItemAtPath: old)
        let text = (0..<ValidationRecord.capacity).map { "\(digest($0))\n" }.joined()
        let file = folder.path + "/validated-1"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let record = ValidationRecord(in: folder.path, build: "1")
        #expect(record.contains(digest(ValidationRecord.capacity - 1)))
        record.add(digest(-1))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "\(digest(-1))\n")
        #expect(!FileManager.default.fileExists(atPath: old))
    }

    @Test("Where nothing can be written, nothing is kept, and nothing fails")
    func unwritable() {
        let record = ValidationRecord(in: "/proc/none", build: "1")
        record.add(digest(1))
        #expect(record.contains(digest(1)))
        #expect(!ValidationRecord(in: "/proc/none", build: "1").contains(digest(1)))
    }
}
