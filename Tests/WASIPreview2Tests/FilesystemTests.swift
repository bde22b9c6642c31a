import ComponentModel
import Content
import Foundation
import TestSupport
import Testing
import WASI
import WASIPreview2

@Suite("Files")
struct FilesystemTests {
    /// A file system in which a component may change things.
    enum Place: CaseIterable {
        case host, layer
    }

    private let directory: TemporaryDirectory
    private let texts: Texts

    init() throws {
        directory = try TemporaryDirectory()
        texts = try Texts(["a.txt": "alpha", "folder/b.txt": "beta"])
    }

    private func component(_ place: Place) throws -> Component {
        switch place {
        case .host:
            try directory.write("alpha", to: "a.txt")
            try directory.write("beta", to: "folder/b.txt")
            let preopen = Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)
            return Component(WASIConfiguration(preopens: [preopen]))
        case .layer:
            let layer = TransientLayer(over: texts.wwwroot, content: texts, limits: .init())
            return Component(WASIConfiguration(preopens: [Preopen(layer: layer, guestPath: "/")]))
        }
    }

    private var readOnly: Component {
        Component(
            WASIConfiguration(preopens: [Preopen(wwwroot: texts.wwwroot, content: texts, guestPath: "/www")]))
    }

    @Test("preopens are told with their paths")
    func preopens() throws {
        let list = try readOnly.call("filesystem/preopens get-directories").list
        #expect(list.map { $0.fields[1] } == [.string("/www")])
        #expect(try Component().call("filesystem/preopens get-directories") == .list([]))
    }

    @Test("files are made, written, read and cut", arguments: Place.allCases)
    func contents(_ place: Place) throws {
        let component = try component(place)
        let root = try component.root()
        let file = try component.open("new", in: root, Component.create, Component.reading | Component.writing)
        #expect(try component.ok(component.file("get-flags"), file) == .flags(3))
        #expect(try component.ok(component.file("get-type"), file) == .enumeration(6))
        #expect(try component.ok(component.file("write"), file, .text("hello"), .u64(3)) == .u64(5))
        #expect(
            try component.ok(component.file("read"), file, .u64(100), .u64(0))
                == .record([.text("\0\0\0hello"), .bool(false)]))
        #expect(
            try component.ok(component.file("read"), file, .u64(100), .u64(8)) == .record([.bytes([]), .bool(true)]))
        #expect(
            try component.ok(component.file("read"), file, .u64(0), .u64(0)) == .record([.bytes([]), .bool(false)]))
        try component.ok(component.file("set-size"), file, .u64(4))
        #expect(try component.contents(file) == "\0\0\0h")
        try component.ok(component.file("sync"), file)
        try component.ok(component.file("sync-data"), file)
        for advice in 0..<6 {
            try component.ok(component.file("advise"), file, .u64(0), .u64(4), .enumeration(advice))
        }
        try component.expect(.invalid, "read", file, .u64(1), .u64(.max))
        try component.expect(.invalid, "set-size", file, .u64(.max))
        try component.drop("filesystem/types", "descriptor", file)
        #expect(try component.names(root) == ["a.txt", "folder", "new"])
    }

    @Test("streams on a file have places of their own, and appending goes to the end", arguments: Place.allCases)
    func streams(_ place: Place) throws {
        let component = try component(place)
        let root = try component.root()
        let file = try component.open("a.txt", in: root, 0, Component.reading | Component.writing)
        let (first, second) = try (
            component.ok(component.file("read-via-stream"), file, .u64(0)),
            component.ok(component.file("read-via-stream"), file, .u64(2))
        )
        #expect(try component.readAll(second) == Array("pha".utf8))
        #expect(try component.readAll(first) == Array("alpha".utf8))
        let writer = try component.ok(component.file("write-via-stream"), file, .u64(1))
        let appender = try component.ok(component.file("append-via-stream"), file)
        try component.write("XY", to: writer)
        try component.write("Z", to: writer)
        try component.write("end", to: appender)
        try component.write("!", to: appender)
        #expect(try component.contents(file) == "aXYZaend!")
        for stream in [writer, appender] { try component.drop("io/streams", "output-stream", stream) }
        let reader = try component.open("a.txt", in: root)
        try component.expect(.badDescriptor, "write-via-stream", reader, .u64(0))
        try component.expect(.badDescriptor, "append-via-stream", reader)
        try component.expect(.badDescriptor, "write", reader, .text("x"), .u64(0))
        try component.expect(.isDirectory, "read-via-stream", root, .u64(0))
        try component.expect(.isDirectory, "read", root, .u64(1), .u64(0))
        try component.expect(.badDescriptor, "write-via-stream", root, .u64(0))
        try component.expect(.badDescriptor, "append-via-stream", root)
    }

    @Test("opening obeys its flags", arguments: Place.allCases)
    func opening(_ place: Place) throws {
        let component = try component(place)
        let root = try component.root()
        func fails(_ code: FileErrorCode, _ path: String, _ openFlags: UInt32, _ flags: UInt32 = Component.reading)
            throws
        {
            try component.expect(
                code, "open-at", root, Component.follow, .string(path), .flags(openFlags), .flags(flags))
        }
        try fails(.noEntry, "none", 0)
        try fails(.exist, "a.txt", Component.create | Component.exclusive)
        try fails(.notDirectory, "a.txt", Component.directory)
        try fails(.invalid, "x", Component.create | Component.directory)
        try fails(.isDirectory, "folder", 0, Component.writing)
        try fails(.notDirectory, "a.txt/b", 0)
        try fails(.notPermitted, "../x", 0)
        try fails(.notPermitted, "/etc/passwd", 0)
        try fails(.noEntry, "", 0)
        try fails(.invalid, "a\0b", 0)
        try fails(.nameTooLong, String(repeating: "x", count: 5_000), 0)
        _ = try component.open("a.txt", in: root, Component.truncate, Component.writing)
        #expect(try component.contents(component.open("a.txt", in: root)) == "")
        let folder = try component.open("folder", in: root, Component.directory)
        #expect(try component.ok(component.file("get-type"), folder) == .enumeration(3))
        #expect(try component.contents(component.open("b.txt", in: folder)) == "beta")
        // What is opened for nothing can be read.
        let neither = try component.open("folder/b.txt", in: root, 0, 0)
        #expect(try component.contents(neither) == "beta")
        #expect(try component.ok(component.file("get-flags"), neither) == .flags(1))
        let file = try component.open("a.txt", in: root)
        try component.expect(.notDirectory, "open-at", file, Component.follow, .string("x"), .flags(0), .flags(1))
        try component.expect(.notDirectory, "read-directory", file)
    }

    @Test("directories, links and names come and go", arguments: Place.allCases)
    func names(_ place: Place) throws {
        let component = try component(place)
        let root = try component.root()
        try component.ok(component.file("create-directory-at"), root, .string("d"))
        try component.expect(.exist, "create-directory-at", root, .string("d"))
        let d = try component.open("d", in: root, Component.directory)
        try component.ok(component.file("rename-at"), root, .string("a.txt"), d, .string("moved"))
        try component.ok(
            component.file("link-at"), d, Component.noFollow, .string("moved"), root, .string("other"))
        try component.ok(component.file("symlink-at"), d, .string("moved"), .string("link"))
        #expect(try component.ok(component.file("readlink-at"), d, .string("link")) == .string("moved"))
        try component.expect(.invalid, "readlink-at", d, .string("moved"))
        try component.expect(.notPermitted, "symlink-at", d, .string("/etc"), .string("absolute"))
        #expect(try component.names(d) == ["link", "moved"])
        let status = try component.ok(component.file("stat-at"), d, Component.noFollow, .string("link"))
        #expect(status.fields[0] == .enumeration(5))
        let target = try component.ok(component.file("stat-at"), d, Component.follow, .string("link"))
        #expect(target.fields[0] == .enumeration(6) && target.fields[1] == .u64(2) && target.fields[2] == .u64(5))
        try component.expect(
            .loop, "open-at", d, Component.noFollow, .string("link"), .flags(0), .flags(Component.reading))
        try component.expect(.notEmpty, "remove-directory-at", root, .string("d"))
        try component.expect(.isDirectory, "unlink-file-at", root, .string("d"))
        try component.expect(.notDirectory, "remove-directory-at", d, .string("moved"))
        for name in ["link", "moved"] { try component.ok(component.file("unlink-file-at"), d, .string(name)) }
        try component.ok(component.file("remove-directory-at"), root, .string("d"))
        try component.expect(.noEntry, "stat-at", root, Component.follow, .string("d"))
        #expect(try component.contents(component.open("other", in: root)) == "alpha")
        // Descriptors that are files are no directories to move to.
        let file = try component.open("other", in: root)
        try component.expect(.notDirectory, "rename-at", root, .string("other"), file, .string("x"))
    }

    @Test("status, times and identity of files", arguments: Place.allCases)
    func status(_ place: Place) throws {
        let component = try component(place)
        let root = try component.root()
        let file = try component.open("a.txt", in: root, 0, Component.reading | Component.writing)
        let time = Value.record([.u64(1_000_000_000), .u32(5)])
        let (stay, now, to) = (Value.variant(0, nil), Value.variant(1, nil), Value.variant(2, time))
        try component.ok(component.file("set-times"), file, to, to)
        var status = try component.ok(component.file("stat"), file).fields
        #expect(status[0] == .enumeration(6) && status[1] == .u64(1) && status[2] == .u64(5))
        #expect(status[3] == .some(time) && status[4] == .some(time))
        try component.ok(component.file("set-times-at"), root, Component.follow, .string("a.txt"), stay, now)
        status = try component.ok(component.file("stat-at"), root, Component.follow, .string("a.txt")).fields
        #expect(status[3] == .some(time) && status[4] != .some(time))
        try component.ok(component.file("set-times"), root, stay, to)
        let odd = Value.variant(2, .record([.u64(0), .u32(1_000_000_000)]))
        try component.expect(.invalid, "set-times", file, odd, stay)
        let late = Value.variant(2, .record([.u64(.max), .u32(0)]))
        try component.expect(.overflow, "set-times", file, stay, late)
        let same = try component.open("folder/../a.txt", in: root)
        let other = try component.open("folder/b.txt", in: root)
        let isSame = component.file("is-same-object")
        #expect(try component.call(isSame, file, same) == .bool(true))
        #expect(try component.call(isSame, file, other) == .bool(false))
        let hash = try component.ok(component.file("metadata-hash"), file)
        #expect(try component.ok(component.file("metadata-hash"), same) == hash)
        #expect(
            try component.ok(component.file("metadata-hash-at"), root, Component.follow, .string("a.txt")) == hash)
        #expect(try component.ok(component.file("metadata-hash"), other) != hash)
        // A C library takes it for the number of an inode, which stays when the file is written.
        try component.ok(component.file("write"), file, .text("changed"), .u64(0))
        #expect(try component.ok(component.file("metadata-hash"), file) == hash)
    }

    @Test("nothing of a wwwroot can be changed")
    func wwwroot() throws {
        let component = readOnly
        let root = try component.root()
        #expect(try component.names(root) == ["a.txt", "folder"])
        let file = try component.open("a.txt", in: root)
        #expect(try component.contents(file) == "alpha")
        #expect(
            try component.readAll(component.ok(component.file("read-via-stream"), file, .u64(1))) == Array("lpha".utf8))
        let stay = Value.variant(0, nil)
        try component.expect(
            .readOnly, "open-at", root, Component.follow, .string("new"), .flags(Component.create),
            .flags(Component.writing))
        try component.expect(
            .readOnly, "open-at", root, Component.follow, .string("a.txt"), .flags(0), .flags(Component.writing))
        for name in ["create-directory-at", "remove-directory-at", "unlink-file-at"] {
            try component.expect(.readOnly, name, root, .string("folder"))
        }
        try component.expect(.readOnly, "rename-at", root, .string("a.txt"), root, .string("b"))
        try component.expect(.readOnly, "symlink-at", root, .string("a.txt"), .string("b"))
        try component.expect(
            .readOnly, "link-at", root, Component.noFollow, .string("a.txt"), root, .string("b"))
        try component.expect(.readOnly, "set-times", root, stay, stay)
        try component.expect(.readOnly, "set-times-at", root, Component.follow, .string("a.txt"), stay, stay)
        try component.expect(.readOnly, "set-size", file, .u64(0))
        try component.expect(.badDescriptor, "write", file, .text("x"), .u64(0))
    }

    @Test("entries without a name in UTF-8 are passed over, and long directories come whole")
    func listing() throws {
        let component = try component(.host)
        for number in 0..<200 { try directory.write("", to: "many/\(number)") }
        let odd = directory.path + "/many/"
        var name = Array(odd.utf8).map { CChar(bitPattern: $0) } + [CChar(bitPattern: 0xFF), 0]
        let descriptor = Foundation.open(&name, O_CREAT | O_WRONLY, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)
        let many = try component.open("many", in: component.root(), Component.directory)
        #expect(try component.names(many) == (0..<200).map(String.init).sorted())
    }

    @Test("a pipe with a name is a pipe, read as its bytes come")
    func namedPipe() throws {
        let component = try component(.host)
        let path = directory.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        // Both ends, so that nobody waits for the other.
        let end = Foundation.open(path, O_RDWR)
        defer { close(end) }
        let file = try component.open("pipe", in: component.root())
        #expect(try component.ok(component.file("get-type"), file) == .enumeration(4))
        let stream = try component.ok(component.file("read-via-stream"), file, .u64(0))
        #expect(try component.ok("io/streams [method]input-stream.read", stream, .u64(10)) == .bytes([]))
        #expect(write(end, "abc", 3) == 3)
        #expect(try component.ok("io/streams [method]input-stream.blocking-read", stream, .u64(10)) == .text("abc"))
    }

    @Test("no more files can be open than the configuration allows, streams on them included")
    func limit() throws {
        try directory.write("alpha", to: "a.txt")
        let preopen = Preopen(hostPath: directory.path, guestPath: "/", access: .readWrite)
        var configuration = WASIConfiguration(preopens: [preopen], descriptorLimit: 3)
        configuration.descriptorRemedy = "'--open-files'"
        let component = Component(configuration)
        let root = try component.root()
        let file = try component.open("a.txt", in: root)
        let stream = try component.ok(component.file("read-via-stream"), file, .u64(0))
        #expect(component.context.limitDescriptions.isEmpty)
        _ = try component.ok(component.file("read-directory"), root)
        try component.expect(.insufficientMemory, "read-via-stream", file, .u64(0))
        try component.expect(
            .insufficientMemory, "open-at", root, Component.follow, .string("a.txt"), .flags(0), .flags(1))
        #expect(
            component.context.limitDescriptions == ["the limit of 3 open files was reached; '--open-files' raises it"])
        try component.drop("io/streams", "input-stream", stream)
        _ = try component.open("a.txt", in: root)
    }

    @Test("a directory with a limit refuses more, and says why")
    func room() throws {
        let preopen = Preopen(
            hostPath: directory.path, guestPath: "/data", access: .readWrite,
            limit: .init(bytes: 10_000, remedy: "more"))
        let component = Component(WASIConfiguration(preopens: [preopen]))
        defer { preopen.close() }
        let file = try component.open("big", in: component.root(), Component.create, Component.writing)
        try component.expect(.insufficientSpace, "write", file, .bytes([UInt8](repeating: 0, count: 20_000)), .u64(0))
        let stream = try component.ok(component.file("append-via-stream"), file)
        #expect(try component.ok("io/streams [method]output-stream.check-write", stream).u64 >= 20_000)
        let failure = try component.failure(
            "io/streams [method]output-stream.write", stream, .bytes([UInt8](repeating: 0, count: 20_000)))
        #expect(
            try component.call("filesystem/types filesystem-error-code", component.error(of: failure))
                == .some(.enumeration(FileErrorCode.insufficientSpace.rawValue)))
        #expect(
            component.context.limitDescriptions == ["the limit of 10000 bytes in /data was reached; more raises it"])
    }

    @Test("every error of preview 1 has a code, and those that both have are the same")
    func errorCodes() {
        #expect(FileErrorCode.allCases.count == 37)
        #expect(FileErrorCode(.noEntry).label == "no-entry")
        #expect(FileErrorCode(.crossDeviceLink).label == "cross-device")
        #expect(FileErrorCode(.notCapable) == .notPermitted)
        #expect(FileErrorCode(.notConnected) == .io)
        let found = Set(ErrorNumber.allCases.map { FileErrorCode($0) })
        #expect(Set(FileErrorCode.allCases).subtracting(found).isEmpty)
    }
}
