import WebAssembly

// Values as slots hold them. Null is 0. A function is its record's address. In the hierarchy of `any` and `extern`, an
// `i31` has bit 0 set, a host value bit 1, and the address of an object neither.

extension Store {
    /// The slot of a reference.
    func bits(of reference: Reference) -> UInt64 {
        switch reference {
        case .null: 0
        case .function(let function): UInt64(UInt(bitPattern: function.record))
        case .external(let number): UInt64(number) << 2 | 2
        case .i31(let number): UInt64(UInt32(bitPattern: number) & 0x7FFF_FFFF) << 1 | 1
        case .structure(let object), .array(let object), .exception(let object): UInt64(object.address)
        }
    }

    /// The reference in a slot.
    func reference(_ bits: UInt64, type: ReferenceType) -> Reference {
        guard bits != 0 else { return .null }
        switch type.heapType.hierarchy {
        case .function:
            guard let record = UnsafeMutablePointer<FunctionRecord>(bitPattern: UInt(bits)) else { return .null }
            return .function(Function(record: record, store: self))
        case .exception:
            return .exception(ObjectReference(address: UInt(bits)))
        default:
            if bits & 1 != 0 { return .i31(Int32(bitPattern: UInt32(truncatingIfNeeded: bits)) >> 1) }
            if bits & 2 != 0 { return .external(UInt32(truncatingIfNeeded: bits >> 2)) }
            let object = ObjectReference(address: UInt(bits))
            return object.isArray ? .array(object) : .structure(object)
        }
    }

    /// The slots of a value; the second is zero but for vectors.
    func bits(of value: Value) -> (low: UInt64, high: UInt64) {
        switch value {
        case .i32(let bits): (UInt64(bits), 0)
        case .i64(let bits): (bits, 0)
        case .f32(let bits): (UInt64(bits), 0)
        case .f64(let bits): (bits, 0)
        case .v128(let vector): (vector.low, vector.high)
        case .reference(let reference): (bits(of: reference), 0)
        }
    }

    /// The value in slots.
    func value(type: ValueType, low: UInt64, high: UInt64) -> Value {
        switch type.kind {
        case .i32: .i32(UInt32(truncatingIfNeeded: low))
        case .i64: .i64(low)
        case .f32: .f32(bits: UInt32(truncatingIfNeeded: low))
        case .f64: .f64(bits: low)
        case .v128: .v128(V128(low: low, high: high))
        case .reference(let type): .reference(reference(low, type: type))
        }
    }
}

extension HeapType {
    /// The topmost type above this one.
    var hierarchy: AbstractHeapType {
        switch self {
        case .abstract(let type): type.top
        case .concrete(let type): type.kind == .function ? .function : .any
        }
    }
}

extension Value {
    /// Whether this can stand where a value of the type is asked for, as far as can be told without looking at objects.
    func conforms(to type: ValueType) -> Bool {
        switch (self, type.kind) {
        case (.i32, .i32), (.i64, .i64), (.f32, .f32), (.f64, .f64), (.v128, .v128): return true
        case (.reference(let reference), .reference(let type)):
            switch reference {
            case .null: return type.isNullable
            case .function(let function):
                return HeapType.concrete(function.canonicalType).isSubtype(of: type.heapType)
            case .external: return type.heapType == .abstract(.external) || type.heapType == .abstract(.any)
            case .i31: return HeapType.abstract(.i31).isSubtype(of: type.heapType)
            case .structure, .array: return type.heapType.hierarchy == .any || type.heapType == .abstract(.external)
            case .exception: return type.heapType == .abstract(.exception)
            }
        default: return false
        }
    }
}
