/// The types of values in generated modules. All have a default value.
enum GeneratedType: Int, CaseIterable {
    case i32, i64, f32, f64, v128, function, external, any, i31, structure, array, exception

    static let numbers: [GeneratedType] = [.i32, .i64, .f32, .f64]

    /// The type as the binary format has it.
    var encoding: [UInt8] {
        switch self {
        case .i32: [0x7F]
        case .i64: [0x7E]
        case .f32: [0x7D]
        case .f64: [0x7C]
        case .v128: [0x7B]
        case .function: [0x70]
        case .external: [0x6F]
        case .any: [0x6E]
        case .i31: [0x6C]
        case .structure: [0x63, UInt8(GeneratedModule.structureType)]
        case .array: [0x63, UInt8(GeneratedModule.arrayType)]
        case .exception: [0x69]
        }
    }

    /// What follows `ref.null` for this type, if it is one of references.
    var heapType: UInt8? {
        switch self {
        case .i32, .i64, .f32, .f64, .v128: nil
        case .structure, .array: encoding[1]
        default: encoding[0]
        }
    }

    var isReference: Bool { heapType != nil }

    /// The instruction that makes the default value.
    var defaultValue: [UInt8] {
        switch self {
        case .i32: [0x41, 0]
        case .i64: [0x42, 0]
        case .f32: [0x43, 0, 0, 0, 0]
        case .f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0]
        case .v128: [0xFD, 0x0C] + [UInt8](repeating: 0, count: 16)
        default: [0xD0, heapType ?? 0]
        }
    }
}

/// The type of a generated function.
struct GeneratedSignature: Equatable {
    var parameters: [GeneratedType]
    var results: [GeneratedType]
}
