import Content
import Cryptography
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Images from elsewhere: one that is wrong is refused, or names other files, and never ends the process.
@Suite("Hostile images")
struct HostileImageTests {
    private static func wwwroot(changed: Bool) throws -> Wwwroot {
        let files = (0..<20).map { number in
            (
                path: RelativePath(validating: "d\(number % 3)/e/f\(number)")!,
                file: ContentFile(
                    digest: SHA256.hash("\(number)".utf8), size: number, mediaType: "text/plain", modificationTime: 1)
            )
        }
        let whole = try Wwwroot(files)
        guard changed else { return whole }
        return try whole.applying([
            .init(RelativePath(validating: "d0/e/f0")!, nil),
            .init(RelativePath(validating: "d0/e/f1x")!, files[1].file),
            .init(RelativePath(validating: "new/dir/x")!, files[2].file),
            .init(RelativePath(validating: "d1/e/f1")!, files[3].file),
        ])
    }

    private static func bytes(_ descriptor: Int32) -> [UInt8] {
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        _ = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return bytes
    }

    /// Sealed memory with these bytes.
    private static func memory(_ bytes: [UInt8], isSealed: Bool = true) -> Int32 {
        let make = unsafeBitCast(
            dlsym(nil, "memfd_create")!, to: (@convention(c) (UnsafePointer<CChar>, UInt32) -> Int32).self)
        let descriptor = make("test", 3)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if isSealed { _ = fcntl(descriptor, 1033, 15) }
        return descriptor
    }

    /// Asks for everything that can be asked for.
    private static func read(_ wwwroot: Wwwroot) {
        var count = 0
        wwwroot.forEachFile { path, file, _ in
            _ = wwwroot.node(at: path)
            count += 1
            return count < 1000
        }
        var directories = [wwwroot.root]
        while let directory = directories.popLast(), count < 2000 {
            _ = wwwroot.parent(of: directory)
            wwwroot.entries(of: directory, after: UInt64.random(in: 0...5)) { _, node, _ in
                if case .directory(let inner) = node { directories.append(inner) }
                count += 1
                return count < 2000
            }
        }
        for path in ["d0/e/f0", "d0/e/f1x", "new/dir/x", "d2", ""] {
            _ = Array(path.utf8).withUnsafeBufferPointer { wwwroot.node(atPath: $0) }
        }
    }

    @Test(
        "Damage anywhere in an image crashes nobody, and is read to an end", .timeLimit(.minutes(15)),
        arguments: [false, true])
    func damage(ofChanges: Bool) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let whole = try Self.wwwroot(changed: true)
        let (base, changes) = whole.descriptors
        let original = Self.bytes(ofChanges ? try #require(changes) : base)
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] = [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(
                    using: &random)!
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
            }
            let damaged = Self.memory(bytes)
            let (otherBase, otherChanges) = ofChanges ? (dup(base), damaged) : (damaged, dup(try #require(changes)))
            guard let wwwroot = try? Wwwroot(adoptingBase: otherBase, changes: otherChanges, known: nil) else {
                continue
            }
            accepted += 1
            Self.read(wwwroot)
        }
        print("seed \(seed): \(accepted) of 3000 accepted")
    }

    @Test("Memory that its maker could still change is refused")
    func unsealed() throws {
        let wwwroot = try Self.wwwroot(changed: false)
        let bytes = Self.bytes(wwwroot.descriptors.base)
        #expect(throws: ImageError.self) {
            try Wwwroot(adoptingBase: Self.memory(bytes, isSealed: false), changes: nil, known: nil)
        }
        Self.read(try Wwwroot(adoptingBase: Self.memory(bytes), changes: nil, known: nil))
    }
}
