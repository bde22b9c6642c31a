import WebAssembly
import WebAssemblyRuntime

/// The host module that the scripts import from.
enum SpectestModule {
    static func linker(in store: Store) throws -> Linker {
        var linker = Linker()
        func define(_ name: String, _ parameters: [ValueType]) {
            linker.define(module: "spectest", name: name, HostFunction(parameters) { _ in })
        }
        define("print", [])
        define("print_i32", [.i32])
        define("print_i64", [.i64])
        define("print_f32", [.f32])
        define("print_f64", [.f64])
        define("print_i32_f32", [.i32, .f32])
        define("print_f64_f64", [.f64, .f64])

        func define(_ name: String, _ type: ValueType, _ value: Value) {
            let global = Global(GlobalType(valueType: type, isMutable: false), value: value, in: store)
            linker.define(module: "spectest", name: name, global)
        }
        define("global_i32", .i32, .i32(666 as UInt32))
        define("global_i64", .i64, .i64(666 as UInt64))
        define("global_f32", .f32, .f32(666.6))
        define("global_f64", .f64, .f64(666.6))

        let functionReference = ReferenceType(to: .abstract(.function), isNullable: true)
        let tableLimits = Limits(minimum: 10, maximum: 20)
        for (name, addressType) in [("table", AddressType.i32), ("table64", .i64)] {
            let type = TableType(element: functionReference, limits: tableLimits, addressType: addressType)
            linker.define(module: "spectest", name: name, try Table(type, in: store))
        }
        let memoryLimits = Limits(minimum: 1, maximum: 2)
        for (name, isShared) in [("memory", false), ("shared_memory", true)] {
            let type = MemoryType(limits: memoryLimits, isShared: isShared)
            linker.define(module: "spectest", name: name, try Memory(type, in: store))
        }
        return linker
    }
}
