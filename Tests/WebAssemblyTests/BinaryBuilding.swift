import WebAssembly

// Modules as bytes, spelled close to the specification's grammar of the binary format.

/// A module of the given sections.
func module(_ sections: [UInt8]...) -> [UInt8] {
    [0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00] + sections.flatMap { $0 }
}

/// A section that is a vector of `items`.
func section(_ id: UInt8, _ items: [UInt8]...) -> [UInt8] {
    [id] + sized(vector(items))
}

func typeSection(_ types: [UInt8]...) -> [UInt8] { [1] + sized(vector(types)) }
func functionSection(_ types: UInt8...) -> [UInt8] { [3] + sized(vector(types.map { [$0] })) }
func tableSection(_ tables: [UInt8]...) -> [UInt8] { [4] + sized(vector(tables)) }
func memorySection(_ memories: [UInt8]...) -> [UInt8] { [5] + sized(vector(memories)) }
func globalSection(_ globals: [UInt8]...) -> [UInt8] { [6] + sized(vector(globals)) }
func exportSection(_ exports: [UInt8]...) -> [UInt8] { [7] + sized(vector(exports)) }
func elementSection(_ segments: [UInt8]...) -> [UInt8] { [9] + sized(vector(segments)) }
func codeSection(_ bodies: [UInt8]...) -> [UInt8] { [10] + sized(vector(bodies.map(sized))) }

func customSection(_ name: String, _ content: [UInt8]) -> [UInt8] {
    [0] + sized(text(name) + content)
}

/// A function type.
func function(_ parameters: [UInt8], _ results: [UInt8]) -> [UInt8] {
    [0x60] + number(parameters.count) + parameters + number(results.count) + results
}

/// A body without locals of its own; `end` is added.
func body(_ instructions: [UInt8]...) -> [UInt8] {
    [0x00] + instructions.flatMap { $0 } + [0x0B]
}

func vector(_ items: [[UInt8]]) -> [UInt8] {
    number(items.count) + items.flatMap { $0 }
}

func sized(_ bytes: [UInt8]) -> [UInt8] {
    number(bytes.count) + bytes
}

func text(_ text: String) -> [UInt8] {
    sized(Array(text.utf8))
}

/// An unsigned LEB128 number.
func number(_ number: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = number
    repeat {
        let byte = UInt8(rest & 0x7F)
        rest >>= 7
        bytes.append(rest == 0 ? byte : byte | 0x80)
    } while rest != 0
    return bytes
}

let i32: UInt8 = 0x7F
let i64: UInt8 = 0x7E
let f32: UInt8 = 0x7D
let f64: UInt8 = 0x7C
let v128: UInt8 = 0x7B
let funcref: UInt8 = 0x70

/// A module with one function of the given type, whose body is `instructions`.
func oneFunction(
    _ parameters: [UInt8] = [], _ results: [UInt8] = [], _ instructions: [UInt8]
) -> [UInt8] {
    module(typeSection(function(parameters, results)), functionSection(0), codeSection(body(instructions)))
}

/// The error that decoding and validating `bytes` ends with, or `nil` if they are a valid module.
func refusal(of bytes: [UInt8], features: Features = .all) -> ModuleError? {
    do {
        _ = try Module(bytes: bytes, features: features)
        return nil
    } catch {
        return error
    }
}
