package import Content

/// Files that editors make beside the one that is edited, and remove again: what has just been saved is in them, or was,
/// but nobody means them. They are no part of a bundle, unless HIPPOFACTS spells out their name, and no news.
package enum EditorFiles {
    /// Whether a file is one of an editor's, to go by its name.
    package static func contain(_ path: RelativePath) -> Bool {
        path.withUTF8 { path in
            let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            return contain(UnsafeBufferPointer(rebasing: path[start...]))
        }
    }

    /// Whether a file with this name, without a directory, is one of an editor's.
    static func contain(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        // Nearly all names are decided by their first and last byte.
        guard name.count > 1, let first = name.first, let last = name.last else { return false }
        switch (first, last) {
        // Emacs and many others: what the file was before.
        case (_, UInt8(ascii: "~")): return true
        // Emacs: what has not been saved yet.
        case (UInt8(ascii: "#"), UInt8(ascii: "#")): return true
        // IntelliJ and its kin: `page.html___jb_tmp___`, and `…old___`; before, as a prefix.
        case (_, UInt8(ascii: "_")) where includes(name, "___jb_"): return true
        case (UInt8(ascii: "_"), _): return begins(name, "___jb_")
        case (UInt8(ascii: "."), _): return isHidden(name)
        default: return isSwapFile(name)
        }
    }

    private static func isHidden(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        // Emacs' locks, LibreOffice's, GIO's, KDE's, those of files that are removed while they are open on NFS and
        // FUSE, and what is hidden and says that it is temporary.
        begins(name, ".#") || begins(name, ".~") || begins(name, ".goutputstream-") || begins(name, ".nfs0")
            || begins(name, ".fuse_hidden") || ends(name, ".kate-swp") || ends(name, ".tmp") || isSwapFile(name)
    }

    /// vim's `.page.html.swp`; if there is one already `.swo`, and so on down to `.swa`. Visible, where there is no file's
    /// name before it, only the first few: others have a meaning elsewhere (`.swf` is a film).
    private static func isSwapFile(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count > 4 else { return false }
        let last = name[name.count - 1]
        let isHidden = name[0] == UInt8(ascii: ".")
        let letters = isHidden ? UInt8(ascii: "a")...UInt8(ascii: "p") : UInt8(ascii: "n")...UInt8(ascii: "p")
        guard letters.contains(last) || last == UInt8(ascii: "x") else { return false }
        return name[name.count - 4] == UInt8(ascii: ".") && name[name.count - 3] == UInt8(ascii: "s")
            && name[name.count - 2] == UInt8(ascii: "w")
    }

    /// Whether a file is vim's test whether it may make files in a directory, if there is nothing in it: `4913`, or the
    /// first of that and 123 more each time that is free. With content, it is anybody's.
    package static func mayBeProbe(_ path: RelativePath) -> Bool {
        path.withUTF8 { path in
            let start = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
            return mayBeProbe(UnsafeBufferPointer(rebasing: path[start...]))
        }
    }

    static func mayBeProbe(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.count == 4 else { return false }
        var number = 0
        for byte in name {
            guard byte >= 0x30, byte <= 0x39 else { return false }
            number = number * 10 + Int(byte - 0x30)
        }
        return number >= 4913 && (number - 4913) % 123 == 0
    }

    private static func begins(_ name: UnsafeBufferPointer<UInt8>, _ prefix: StaticString) -> Bool {
        prefix.withUTF8Buffer { name.count >= $0.count && name[..<$0.count].elementsEqual($0) }
    }

    private static func ends(_ name: UnsafeBufferPointer<UInt8>, _ suffix: StaticString) -> Bool {
        suffix.withUTF8Buffer { name.count >= $0.count && name[(name.count - $0.count)...].elementsEqual($0) }
    }

    private static func includes(_ name: UnsafeBufferPointer<UInt8>, _ part: StaticString) -> Bool {
        part.withUTF8Buffer { part in
            guard name.count >= part.count else { return false }
            return (0...name.count - part.count).contains { name[$0..<$0 + part.count].elementsEqual(part) }
        }
    }
}
