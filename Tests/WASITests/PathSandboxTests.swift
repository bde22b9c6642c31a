import Foundation
import Glibc
import TestSupport
import Testing

@testable import WASI

/// Nothing that a guest does reaches anything outside its directory, in both ways of resolving paths.
@Suite struct PathSandboxTests {
    let directory: TemporaryDirectory
    var inside: String { directory.path + "/in" }

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("secret", to: "secret")
        try directory.write("secret", to: "out/secret")
        try directory.write("fine", to: "in/file")
        try directory.write("deep", to: "in/a/b/c")
    }

    private func makeLink(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: inside + "/" + name, withDestinationPath: target)
    }

    /// What is outside is as it was.
    private func expectOutsideUntouched() throws {
        #expect(try String(contentsOfFile: directory.path + "/secret", encoding: .utf8) == "secret")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["in", "out", "secret"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/out") == ["secret"])
    }

    private static let escapes = [
        "..", "../secret", "a/../../secret", "a/b/../../../secret", "./../secret", "a/./../..//secret", "/",
        "/etc/passwd", "//etc/passwd", "../in/file", "a/b/../../../in/file",
    ]

    @Test("Paths that lead out are refused by every function", arguments: resolvers)
    func pathsThatLeadOutAreRefusedByEveryFunction(_ resolver: PathResolver) throws {
        let guest = Guest(at: inside, resolver: resolver)
        for path in Self.escapes {
            #expect(throws: ErrorNumber.operationNotPermitted, "open \(path)") { try guest.open(path) }
            #expect(throws: ErrorNumber.operationNotPermitted, "create \(path)") {
                try guest.open(path, flags: .create, rights: .write)
            }
            #expect(guest.status(path) == .operationNotPermitted, "\(path)")
            #expect(guest.status(path, follow: false) == .operationNotPermitted, "\(path)")
            for function in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
                #expect(guest.callPath(function, path) == .operationNotPermitted, "\(function) \(path)")
            }
            #expect(guest.callPath("path_readlink", path, 5_000, 100, 16) == .operationNotPermitted, "\(path)")
            #expect(guest.rename(path, "new") == .operationNotPermitted, "\(path)")
            #expect(guest.rename("file", path) == .operationNotPermitted, "\(path)")
            #expect(guest.link(path, "new") == .operationNotPermitted, "\(path)")
            #expect(guest.link(path, "new", follow: true) == .operationNotPermitted, "\(path)")
            #expect(guest.link("file", path) == .operationNotPermitted, "\(path)")
            #expect(guest.symbolicLink(to: "file", at: path) == .operationNotPermitted, "\(path)")
        }
        #expect(guest.status("new", follow: false) == .noEntry)
        try expectOutsideUntouched()
    }

    @Test("Links that lead out are not followed", arguments: resolvers) func linksThatLeadOutAreNotFollowed(
        _ resolver: PathResolver
    ) throws {
        let guest = Guest(at: inside, resolver: resolver)
        try makeLink("absolute", to: directory.path + "/secret")
        try makeLink("relative", to: "../secret")
        try makeLink("folder", to: "../out")
        try makeLink("root", to: "/")
        try makeLink("chain", to: "a/next")
        try makeLink("a/next", to: "../../secret")
        try makeLink("new", to: "../new")
        for link in ["absolute", "relative", "chain", "folder/secret", "folder/", "root", "root/etc/passwd", "new"] {
            #expect(throws: ErrorNumber.operationNotPermitted, "\(link)") { try guest.open(link) }
            #expect(throws: link.hasSuffix("/") ? ErrorNumber.isDirectory : .operationNotPermitted, "\(link)") {
                try guest.open(link, flags: [.create, .truncate], rights: .write)
            }
            #expect(guest.status(link) == .operationNotPermitted, "\(link)")
            #expect(guest.link(link, "linked", follow: true) == .operationNotPermitted, "\(link)")
        }
        for path in ["folder/x", "root/tmp/x"] {
            #expect(guest.callPath("path_create_directory", path) == .operationNotPermitted)
            #expect(guest.callPath("path_unlink_file", path) == .operationNotPermitted)
            #expect(guest.rename("file", path) == .operationNotPermitted)
            #expect(guest.link("file", path) == .operationNotPermitted)
            #expect(guest.symbolicLink(to: "file", at: path) == .operationNotPermitted)
        }
        // Slashes at the end make a host follow a link that it was told to leave alone.
        #expect(guest.link("folder/", "linked") != .success)
        #expect(guest.callPath("path_remove_directory", "folder/") == .notDirectory)
        #expect(guest.rename("folder/", "moved/") == .notDirectory)
        #expect(guest.status("linked", follow: false) == .noEntry)
        // The links themselves are the guest's own.
        #expect(guest.status("absolute", follow: false) == .success)
        #expect(guest.callPath("path_unlink_file", "absolute") == .success)
        try expectOutsideUntouched()
    }

    @Test("A guest cannot make an absolute link", arguments: resolvers) func aGuestCannotMakeAnAbsoluteLink(
        _ resolver: PathResolver
    ) throws {
        let guest = Guest(at: inside, resolver: resolver)
        #expect(guest.symbolicLink(to: "/etc/passwd", at: "link") == .operationNotPermitted)
        #expect(guest.symbolicLink(to: "../secret", at: "link") == .success)
        #expect(throws: ErrorNumber.operationNotPermitted) { try guest.open("link") }
    }

    @Test("Paths that stay inside work", arguments: resolvers) func pathsThatStayInsideWork(_ resolver: PathResolver)
        throws
    {
        let guest = Guest(at: inside, resolver: resolver)
        try makeLink("up", to: "a/b/../../file")
        try makeLink("a/b/top", to: "../../a")
        try makeLink("here", to: ".")
        let files = [
            "file", "./file", "a/../file", "a/b/../../file", "a//..//file", "up", "a/b/top/b/../../file", "here/file",
        ]
        for path in files {
            #expect(try guest.read(try guest.open(path)) == "fine", "\(path)")
            #expect(guest.status(path) == .success, "\(path)")
        }
        for path in [".", "a/..", "a/b/", "a/b/top/", "a/b/top/b/..", "here/"] {
            #expect(throws: Never.self, "\(path)") { try guest.open(path, flags: .directory, rights: .readDirectory) }
        }
        #expect(throws: ErrorNumber.notDirectory) { try guest.open("file/") }
        #expect(throws: ErrorNumber.notDirectory) { try guest.open("file/..") }
        #expect(throws: ErrorNumber.noEntry) { try guest.open("none/../file") }
        #expect(throws: ErrorNumber.isDirectory) { try guest.open("new/", flags: .create, rights: .write) }
    }

    @Test("A descriptor below is a root of its own", arguments: resolvers) func aDescriptorBelowIsARootOfItsOwn(
        _ resolver: PathResolver
    ) throws {
        let guest = Guest(at: inside, resolver: resolver)
        let below = try guest.open("a", flags: .directory, rights: .applicableToDirectories, inheriting: .all)
        #expect(try guest.read(try guest.open("b/c", in: below)) == "deep")
        #expect(throws: ErrorNumber.operationNotPermitted) { try guest.open("../file", in: below) }
        #expect(guest.callPath("path_unlink_file", "../file", in: below) == .operationNotPermitted)
    }

    @Test("Creating through a link that points nowhere", arguments: resolvers)
    func creatingThroughALinkThatPointsNowhere(_ resolver: PathResolver) throws {
        let guest = Guest(at: inside, resolver: resolver)
        try makeLink("dangling", to: "a/made")
        #expect(throws: ErrorNumber.noEntry) { try guest.open("dangling") }
        #expect(throws: ErrorNumber.fileExists) {
            try guest.open("dangling", flags: [.create, .exclusive], rights: .write)
        }
        #expect(throws: ErrorNumber.tooManySymbolicLinks) {
            try guest.open("dangling", follow: false, flags: .create, rights: .write)
        }
        _ = try guest.open("dangling", flags: .create, rights: .write)
        #expect(guest.status("a/made") == .success)
    }

    @Test("Loops of links end", arguments: resolvers) func loopsOfLinksEnd(_ resolver: PathResolver) throws {
        let guest = Guest(at: inside, resolver: resolver)
        try makeLink("x", to: "y")
        try makeLink("y", to: "x")
        try makeLink("self", to: "self/self")
        for path in ["x", "x/file", "self", "self/file"] {
            #expect(throws: ErrorNumber.tooManySymbolicLinks) { try guest.open(path) }
        }
    }

    @Test("Strange paths are refused", arguments: resolvers) func strangePathsAreRefused(_ resolver: PathResolver)
        throws
    {
        let guest = Guest(at: inside, resolver: resolver)
        #expect(throws: ErrorNumber.noEntry) { try guest.open("") }
        #expect(throws: ErrorNumber.invalidArgument) { try guest.open("file\0x") }
        guest.put(String(repeating: "a/", count: 3_000), at: 8_192)
        #expect(guest.call("path_create_directory", 3, 8_192, 6_000) == .nameTooLong)
        #expect(guest.call("path_create_directory", 3, 8_192, 300) == .noEntry || guest.status("a") == .success)
        #expect(guest.call("path_create_directory", 3, 8_192, 0xFFFF_FFFF) == .badAddress)
        #expect(guest.callPath("path_create_directory", String(repeating: "n", count: 256)) == .nameTooLong)
        for name in [".", "a/.", "a/.."] {
            #expect(guest.callPath("path_create_directory", name) == .fileExists, "\(name)")
            #expect(guest.callPath("path_remove_directory", name) != .success, "\(name)")
            #expect(guest.callPath("path_unlink_file", name) == .isDirectory, "\(name)")
            #expect(guest.rename(name, "moved") == .busy, "\(name)")
        }
    }

    @Test("a name that is not UTF-8 is EILSEQ for every function", arguments: resolvers)
    func namesThatAreNotUTF8(_ resolver: PathResolver) throws {
        let guest = Guest(at: inside, resolver: resolver)
        // A lone byte, half a character, a surrogate, a long form of "/", and a scalar beyond the last.
        let names: [[UInt8]] = [
            [0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80],
        ]
        for name in names {
            let (length, good) = (UInt64(name.count), UInt64(2_048))
            guest.memory[1_024..<1_024 + name.count].copyBytes(from: name)
            guest.put("file", at: 2_048)
            for function in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
                #expect(guest.call(function, 3, 1_024, length) == .illegalByteSequence, "\(function) \(name)")
            }
            let results = [
                guest.call("path_open", 3, 0, 1_024, length, 1, 2, 0, 0, 8),
                guest.call("path_filestat_get", 3, 0, 1_024, length, 256),
                guest.call("path_filestat_set_times", 3, 0, 1_024, length, 0, 0, 0),
                guest.call("path_readlink", 3, 1_024, length, 5_000, 100, 16),
                guest.call("path_rename", 3, 1_024, length, 3, good, 4),
                guest.call("path_rename", 3, good, 4, 3, 1_024, length),
                guest.call("path_link", 3, 0, 1_024, length, 3, good, 4),
                guest.call("path_link", 3, 0, good, 4, 3, 1_024, length),
                guest.call("path_symlink", 1_024, length, 3, good, 4),
                guest.call("path_symlink", good, 4, 3, 1_024, length),
            ]
            #expect(results.allSatisfy { $0 == .illegalByteSequence }, "\(name): \(results)")
        }
        #expect(guest.callPath("path_create_directory", "\u{E9}") == .success)
        #expect(guest.callPath("path_create_directory", "e\u{301}") == .success, "another spelling is another name")
    }

    /// Exchanges two names of `in`, over and over, until the test ends.
    private func exchange(_ one: String, _ other: String, while body: () throws -> Void) throws {
        let (one, other, spare) = ("\(inside)/\(one)", "\(inside)/\(other)", "\(inside)/spare")
        let racer = Thread {
            while !Thread.current.isCancelled {
                rename(one, spare)
                rename(other, one)
                rename(one, other)
                rename(spare, one)
            }
        }
        racer.start()
        defer {
            racer.cancel()
            while !racer.isFinished { sched_yield() }
        }
        try body()
    }

    @Test("a file that becomes a link which leads out is never read or written there", arguments: resolvers)
    func filesThatBecomeLinks(_ resolver: PathResolver) throws {
        try makeLink("trap", to: "../secret")
        let guest = Guest(at: inside, resolver: resolver)
        var reads = 0
        try exchange("file", "trap") { () throws in
            for round in 0..<3_000 {
                if let file = try? guest.open("file", follow: round % 2 == 0) {
                    #expect(try guest.read(file) == "fine")
                    reads += 1
                    #expect(guest.call("fd_close", file) == .success)
                }
                if guest.status("file") == .success { #expect(guest.u64(288) == 4) }
                if let file = try? guest.open("file", flags: round % 3 == 0 ? .create : [], rights: .write) {
                    #expect(try guest.write("fine", to: file) == 4)
                    #expect(guest.call("fd_close", file) == .success)
                }
                guest.put("file", at: 1_024)
                _ = guest.call("path_filestat_set_times", 3, 1, 1_024, 4, 0, 5, 4)
                _ = guest.link("file", "linked", follow: true)
                if guest.status("linked", follow: false) == .success {
                    if guest.u8(272) == FileType.regularFile.rawValue { #expect(guest.u64(288) == 4) }
                    #expect(guest.callPath("path_unlink_file", "linked") == .success)
                }
            }
        }
        #expect(reads > 0)
        try expectOutsideUntouched()
    }

    /// A directory on the path is exchanged for a link that leads out, over and over, while the guest goes through it.
    @Test("Renames meanwhile do not open a way out", arguments: resolvers) func renamesMeanwhileDoNotOpenAWayOut(
        _ resolver: PathResolver
    ) throws {
        try directory.write("fine", to: "in/swap/secret")
        try makeLink("trap", to: "../out")
        let guest = Guest(at: inside, resolver: resolver)
        var reads = 0
        try exchange("swap", "trap") { () throws in
            for round in 0..<3_000 {
                if let file = try? guest.open("swap/secret") {
                    #expect(try guest.read(file) == "fine")
                    reads += 1
                    #expect(guest.call("fd_close", file) == .success)
                }
                if guest.callPath("path_create_directory", "swap/made\(round)") == .success {
                    _ = guest.callPath("path_remove_directory", "swap/made\(round)")
                }
            }
        }
        #expect(reads > 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path + "/out") == ["secret"])
    }
}
