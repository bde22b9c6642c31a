@testable import Archive

/// The first byte says in which pieces the archive arrives that follows; its headers get the checksums that they should have.
/// It is read to the same entries in whatever pieces; none of them leads out of the archive; and what was read, written again,
/// is read as the same.
enum TarArchives {
    private struct Item: Equatable {
        let entry: TarEntry
        let bytes: [UInt8]
    }

    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let choice = input.first else { return }
        let archive = withChecksums(Array(input.dropFirst()))
        let items = items(archive, .whole)
        let cut = self.items(archive, Cut(choice))
        guard items == cut else { fatalError("in pieces, the archive has other entries:\n\(items)\n\(cut)") }
        guard case .success(let items) = items else { return }
        check(items.map(\.entry))
        // The root itself has no name to be written.
        let named = items.filter { !$0.entry.path.isEmpty }
        guard self.items(written(named), .whole) == .success(named) else {
            fatalError("what was read is not what is written: \(named)")
        }
    }

    private enum Outcome: Equatable {
        case success([Item])
        case failure(ArchiveError)
    }

    private static func items(_ archive: [UInt8], _ cut: Cut) -> Outcome {
        let source = CutSource(archive, cut)
        let limits = UnpackingLimits(maximumSize: 1 << 20)
        let reader = TarReader(limits: limits, maximumEntries: 50) { source.read(into: $0) }
        var items: [Item] = []
        var buffer = [UInt8](repeating: 0, count: 300)
        do {
            while let entry = try reader.next() {
                var bytes: [UInt8] = []
                // Every third is passed over.
                while items.count % 3 != 2,
                    case let count = try buffer.withUnsafeMutableBytes({ try reader.read(into: $0) }),
                    count > 0
                {
                    bytes += buffer[..<count]
                }
                if items.count % 3 == 2 { bytes = [UInt8](repeating: 0, count: Int(entry.size)) }
                items.append(Item(entry: entry, bytes: bytes))
            }
            return .success(items)
        } catch let error as ArchiveError {
            return .failure(error)
        } catch {
            fatalError("an error of another kind: \(error)")
        }
    }

    /// Paths are compared by their bytes, as a file system does.
    private static func check(_ entries: [TarEntry]) {
        var kinds: [[UInt8]: TarEntry.Kind] = [:]
        for entry in entries {
            let path = Array(entry.path.utf8)
            let components = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let isInside = components.allSatisfy {
                !$0.isEmpty && ![".", ".."].contains(String(decoding: $0, as: UTF8.self))
            }
            guard path.isEmpty && entry.kind == .directory || isInside, !path.contains(0) else {
                fatalError("\(entry.path.debugDescription) leads out of the archive")
            }
            guard kinds.updateValue(entry.kind, forKey: path) == nil else { fatalError("\(entry.path) is there twice") }
            for count in 1..<max(components.count, 1) {
                let parent = Array(components[..<count].joined(separator: [UInt8(ascii: "/")]))
                guard kinds[parent] != .file else { fatalError("\(entry.path) is below a file") }
            }
        }
    }

    private static func written(_ items: [Item]) -> [UInt8] {
        var archive: [UInt8] = []
        let writer = TarWriter { archive += $0 }
        do {
            for item in items {
                try writer.begin(item.entry)
                try item.bytes.withUnsafeBytes { try writer.write($0) }
            }
            try writer.finish()
        } catch {
            fatalError("writing fails: \(error)")
        }
        return archive
    }

    /// The archive with the right checksum in each block that says of itself that it is a header.
    private static func withChecksums(_ archive: [UInt8]) -> [UInt8] {
        var archive = archive
        for start in stride(from: 0, to: archive.count - TarHeader.blockSize + 1, by: TarHeader.blockSize) {
            let header = Array(archive[start..<start + TarHeader.blockSize])
            guard header[TarHeader.magic.offset...].starts(with: "ustar".utf8) else { continue }
            let sum = String(TarHeader.sum(header), radix: 8)
            let field = Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum).utf8) + [0, 0x20]
            archive.replaceSubrange(
                (start + TarHeader.checksum.offset)..<(start + TarHeader.checksum.offset + 8), with: field)
        }
        return archive
    }

    /// Archives to start from.
    static let seeds: [[UInt8]] = {
        func file(_ path: String, _ text: String, isExecutable: Bool = false) -> Item {
            let bytes = Array(text.utf8)
            return Item(
                entry: TarEntry(path: path, kind: .file, size: Int64(bytes.count), isExecutable: isExecutable),
                bytes: bytes)
        }
        func directory(_ path: String) -> Item { Item(entry: TarEntry(path: path, kind: .directory), bytes: []) }
        let long = String(repeating: "d/", count: 90) + "f"
        let mark = "a/\u{301}b"
        return [
            written([]), written([file("a", "1")]), written([directory("a"), file("a/b", "text", isExecutable: true)]),
            written([file(long, "long")]), written([file("ä", "x"), file(mark, "y")]),
            written([file("0.1.2", String(repeating: "x", count: 600)), directory("d"), directory("d/e")]),
        ]
    }()
}
