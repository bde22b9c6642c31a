import Archive

/// Archives of texts, for tests.
package enum TarArchive {
    /// The bytes of an archive that has these files, in this order.
    package static func bytes(of files: KeyValuePairs<String, String>) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = TarWriter { bytes += $0 }
        for (name, text) in files {
            try writer.begin(TarEntry(path: name, kind: .file, size: Int64(text.utf8.count)))
            try Array(text.utf8).withUnsafeBytes { try writer.write($0) }
        }
        try writer.finish()
        return bytes
    }
}
