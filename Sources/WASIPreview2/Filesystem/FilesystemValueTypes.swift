import ComponentModel
import WASI

extension ResourceType {
    static let descriptor = ResourceType(wasi: "wasi:filesystem/types/descriptor", Descriptor.self)
    static let directoryEntryStream = ResourceType(
        wasi: "wasi:filesystem/types/directory-entry-stream", DirectoryEntryStream.self)
}

extension ValueType {
    static let fileErrorCode = enumeration(FileErrorCode.labels)
    static let descriptorType = enumeration(
        "unknown", "block-device", "character-device", "directory", "fifo", "symbolic-link", "regular-file", "socket")
    static let descriptorFlags = flags(
        "read", "write", "file-integrity-sync", "data-integrity-sync", "requested-write-sync", "mutate-directory")
    static let pathFlags = flags("symlink-follow")
    static let openFlags = flags("create", "directory", "exclusive", "truncate")
    static let descriptorStat = record(
        ("type", descriptorType), ("link-count", .u64), ("size", .u64),
        ("data-access-timestamp", .option(.datetime)), ("data-modification-timestamp", .option(.datetime)),
        ("status-change-timestamp", .option(.datetime)))
    static let newTimestamp = variant(("no-change", nil), ("now", nil), ("timestamp", .datetime))
    static let directoryEntry = record(("type", descriptorType), ("name", .string))
    static let advice = enumeration("normal", "sequential", "random", "will-need", "dont-need", "no-reuse")
    static let metadataHash = record(("lower", .u64), ("upper", .u64))
}

extension FileType {
    /// The number of the case of `descriptor-type`.
    func caseNumber(isPipe: Bool) -> Int {
        switch self {
        case .unknown: isPipe ? 4 : 0
        case .blockDevice: 1
        case .characterDevice: 2
        case .directory: 3
        case .symbolicLink: 5
        case .regularFile: 6
        case .datagramSocket, .streamSocket: 7
        }
    }
}

extension FileStatus {
    var typeValue: Value { .enumeration(type.caseNumber(isPipe: isPipe)) }

    /// A `descriptor-stat`.
    var value: Value {
        .record([
            typeValue, .u64(linkCount), .u64(size), .some(.datetime(nanoseconds: accessTime)),
            .some(.datetime(nanoseconds: modificationTime)), .some(.datetime(nanoseconds: changeTime)),
        ])
    }

    /// A `metadata-hash-value`: of what the file is, not of what is in it, since C libraries take it for the number of an
    /// inode.
    var hash: Value {
        let lower = Self.mix(inode ^ Self.mix(device))
        return .record([.u64(lower), .u64(Self.mix(lower ^ device))])
    }

    /// A permutation of 64 bits in which each bit depends on all: the end of MurmurHash3.
    private static func mix(_ value: UInt64) -> UInt64 {
        var value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return value ^ (value >> 33)
    }
}

extension FileTimes.Change {
    /// A `new-timestamp`.
    init(_ value: Value) throws(ErrorNumber) {
        switch value.payload {
        case nil:
            self = value.caseNumber == 0 ? .unchanged : .now
        case let time?:
            let (seconds, nanoseconds) = (time.fields[0].u64, time.fields[1].u32)
            guard nanoseconds < 1_000_000_000 else { throw .invalidArgument }
            let (product, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
            let (sum, isOverflow) = product.addingReportingOverflow(UInt64(nanoseconds))
            guard !isTooLarge, !isOverflow else { throw .overflow }
            self = .to(sum)
        }
    }
}

extension DescriptorFlags {
    /// What of `descriptor-flags` concerns an open file: whether writes wait for the storage.
    init(descriptorFlags flags: UInt32) {
        self = []
        if flags & 4 != 0 { insert(.sync) }
        if flags & 8 != 0 { insert(.dataSync) }
        if flags & 16 != 0 { insert(.readSync) }
    }
}
