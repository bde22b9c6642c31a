import WebAssembly

/// How objects of a type are laid out, behind their header.
struct ObjectLayout {
    enum Kind {
        case structure, array, exception
    }

    struct Field {
        let storage: StorageType
        /// The distance from the object's beginning.
        let offset: Int
    }

    let kind: Kind
    let type: CanonicalType
    /// The fields of a structure, or the values of an exception.
    let fields: [Field]
    /// The number of bytes of all fields, or of one element.
    let byteCount: Int
    /// The element of an array.
    let element: StorageType?
    /// Whether there can be references in it.
    let hasReferences: Bool

    init(_ type: CanonicalType) {
        self.type = type
        var offset = HeapObject.headerByteCount
        func place(_ storage: StorageType) -> Field {
            let size = storage.size
            offset = (offset + size - 1) & ~(size - 1)
            defer { offset += size }
            return Field(storage: storage, offset: offset)
        }
        if let structure = type.structureType {
            kind = .structure
            fields = structure.fields.map { place($0.storage) }
            element = nil
            byteCount = offset - HeapObject.headerByteCount
            hasReferences = structure.fields.contains { $0.storage.unpacked.isReference }
        } else if let array = type.arrayType {
            kind = .array
            fields = []
            element = array.element.storage
            byteCount = array.element.storage.size
            hasReferences = array.element.storage.unpacked.isReference
        } else {
            kind = .exception
            _ = place(.value(.i64))
            fields = (type.functionType?.parameters ?? []).map { place(.value($0)) }
            element = nil
            byteCount = offset - HeapObject.headerByteCount
            hasReferences = fields.contains { $0.storage.unpacked.isReference }
        }
    }
}

extension StorageType {
    /// The number of bytes a field takes.
    var size: Int {
        switch self {
        case .i8: 1
        case .i16: 2
        case .value(let type):
            switch type.kind {
            case .i32, .f32: 4
            case .v128: 16
            default: 8
            }
        }
    }

    /// Stores a slot's value, the second half of a vector being in the next slot.
    @inline(__always)
    func store(_ slot: UnsafeRawPointer, to place: UnsafeMutableRawPointer) {
        switch size {
        case 1: place.storeBytes(of: slot.load(as: UInt8.self), as: UInt8.self)
        case 2: place.storeBytes(of: slot.load(as: UInt16.self), as: UInt16.self)
        case 4: place.storeBytes(of: slot.load(as: UInt32.self), as: UInt32.self)
        case 8: place.storeBytes(of: slot.load(as: UInt64.self), as: UInt64.self)
        default: place.copyMemory(from: slot, byteCount: 16)
        }
    }

    /// Loads into a slot, or two; packed fields are extended by zeros.
    @inline(__always)
    func load(_ place: UnsafeRawPointer, to slot: UnsafeMutableRawPointer) {
        switch size {
        case 1: slot.storeBytes(of: UInt64(place.load(as: UInt8.self)), as: UInt64.self)
        case 2: slot.storeBytes(of: UInt64(place.load(as: UInt16.self)), as: UInt64.self)
        case 4: slot.storeBytes(of: UInt64(place.load(as: UInt32.self)), as: UInt64.self)
        case 8: slot.storeBytes(of: place.load(as: UInt64.self), as: UInt64.self)
        default: slot.copyMemory(from: place, byteCount: 16)
        }
    }
}
