import Synchronization
import WebAssembly

/// The translated functions of a module.
///
/// Each function has an entry: a cell that holds the address of its code. At first that is a stub which translates the
/// function and replaces the entry, as a compiler of machine code could do again later. Reading an entry takes no
/// lock; what stands before and behind the address was written before the address was.
///
/// Sendable because entries are replaced by single words, with what they lead to written before, and the rest is under
/// locks.
final class ModuleCode: @unchecked Sendable {
    let module: Module
    let layout: InstanceLayout
    private let traced: TracedCalls?
    /// For each function of the module, how its frame begins.
    let shapes: [FrameShape]

    private let entries: UnsafeMutablePointer<UnsafeRawPointer>
    private let stubs: UnsafeMutableRawPointer
    private let translated = Mutex<[TranslatedFunction]>([])

    private let layouts = Mutex<[CanonicalType: UnsafePointer<ObjectLayout>]>([:])
    /// Types that references are tested for, referred to by code.
    private let testedTypes = Mutex<[TestedType]>([])

    /// Sendable because nothing writes to the type once it is made.
    private struct TestedType: @unchecked Sendable {
        let place: UnsafeMutablePointer<HeapType>
    }

    private static let stubByteCount = 24

    init(module: Module, layout: InstanceLayout, traced: TracedCalls? = nil) {
        self.module = module
        self.traced = traced
        self.layout = layout
        var shapesByType: [CanonicalType: FrameShape] = [:]
        shapes = module.functions.map { type in
            if let shape = shapesByType[type] { return shape }
            let shape = FrameShape(type.functionType ?? FunctionType(parameters: [], results: []))
            shapesByType[type] = shape
            return shape
        }
        let count = module.functions.count
        entries = .allocate(capacity: max(1, count))
        stubs = .allocate(byteCount: max(1, count) * ModuleCode.stubByteCount, alignment: 16)
        let handler = ControlHandlers.translate
        for index in 0..<count {
            let stub = stubs + index * ModuleCode.stubByteCount
            stub.storeBytes(of: 0, as: UInt64.self)
            stub.storeBytes(of: handler, toByteOffset: 8, as: Handler.self)
            stub.storeBytes(of: UInt64(index), toByteOffset: 16, as: UInt64.self)
            entries[index] = UnsafeRawPointer(stub + FrameRequirement.wordByteCount)
        }
    }

    deinit {
        translated.withLock { functions in
            for function in functions { function.start.deallocate() }
        }
        layouts.withLock { layouts in
            for layout in layouts.values {
                UnsafeMutablePointer(mutating: layout).deinitialize(count: 1)
                layout.deallocate()
            }
        }
        testedTypes.withLock { types in
            for type in types { type.place.deallocate() }
        }
        entries.deallocate()
        stubs.deallocate()
    }

    /// The layout of objects of a type; for exceptions, of the function type of their tag. Valid as long as this is.
    func objectLayout(of type: CanonicalType) -> UnsafePointer<ObjectLayout> {
        layouts.withLock { layouts in
            if let layout = layouts[type] { return layout }
            let layout = UnsafeMutablePointer<ObjectLayout>.allocate(capacity: 1)
            layout.initialize(to: ObjectLayout(type))
            layouts[type] = UnsafePointer(layout)
            return UnsafePointer(layout)
        }
    }

    /// A place where a heap type stands as long as this object.
    func testedType(_ type: HeapType) -> UnsafePointer<HeapType> {
        let place = UnsafeMutablePointer<HeapType>.allocate(capacity: 1)
        place.initialize(to: type)
        let tested = TestedType(place: place)
        testedTypes.withLock { $0.append(tested) }
        return UnsafePointer(place)
    }

    /// Whether the store's observer is told of a function's calls.
    func isTraced(_ functionIndex: Int) -> Bool {
        switch traced {
        case nil: false
        case .all: true
        case .boundary:
            module.startFunction.map { Int($0) } == functionIndex
                || module.exports.contains { $0.kind == .function && Int($0.index) == functionIndex }
        }
    }

    /// The cell that holds the address of a function's code.
    func entry(of functionIndex: Int) -> UnsafeMutablePointer<UnsafeRawPointer> {
        entries + functionIndex
    }

    /// Translates a function unless it is already; returns its code, or nil if it is too large for this engine.
    func translate(_ functionIndex: Int) -> UnsafeRawPointer? {
        translated.withLock { functions -> UnsafeRawPointer? in
            let stub = UnsafeRawPointer(
                stubs + functionIndex * ModuleCode.stubByteCount + FrameRequirement.wordByteCount)
            let present = entries[functionIndex]
            guard present == stub else { return present }
            var translator = Translator(functionIndex, of: self, hasTryBlocks: false)
            var translation = translator.translate()
            if translation == nil, translator.missesExceptionSlots {
                // The frame needs room for each legacy `try` block. Few functions have any: only now they are counted.
                translator = Translator(functionIndex, of: self, hasTryBlocks: true)
                translation = translator.translate()
            }
            guard let function = translation else { return nil }
            let index = functions.firstIndex { $0.start > function.start } ?? functions.count
            functions.insert(function, at: index)
            let code = UnsafeRawPointer(function.start + FrameRequirement.wordByteCount)
            UnsafeMutableRawPointer(entries + functionIndex).assumingMemoryBound(to: Atomic<UInt>.self)
                .pointee.store(UInt(bitPattern: code), ordering: .releasing)
            return code
        }
    }

    /// The functions that are too large to be translated. Only those that may be are tried: functions are translated when
    /// they are first called, and few ever are.
    func oversizedFunctions() -> [OversizedFunction] {
        let widest = shapes.reduce(0) { max($0, $1.header) }
        return module.functionBodies.indices.compactMap { index in
            let body = module.functionBodies[index]
            // Values take up to two slots, and the shortest legacy `try` block, which takes one, three bytes.
            let slots = 2 * Int(body.localCount + body.maximumStackHeight) + Int(body.end - body.start) / 3
            guard slots + 2 * (widest + FrameShape.headerSlotCount) >= Translator.slotLimit - 4 else { return nil }
            let function = index + module.importedFunctionCount
            return translate(function) == nil ? OversizedFunction(function, of: module) : nil
        }
    }

    /// The function that an address in code belongs to.
    func function(at code: UnsafeRawPointer) -> TranslatedFunction? {
        translated.withLock { functions in
            var low = 0
            var high = functions.count
            while low < high {
                let middle = (low + high) / 2
                if UnsafeRawPointer(functions[middle].start) <= code { low = middle + 1 } else { high = middle }
            }
            guard low > 0, code < functions[low - 1].end else { return nil }
            return functions[low - 1]
        }
    }
}

/// What is known of a translated function beside its code.
///
/// Sendable because nothing changes once the translation has published it, but for single words.
final class TranslatedFunction: @unchecked Sendable {
    /// The index in its module.
    let index: Int
    /// The slot of the frame's header.
    let header: Int
    /// The word before the first instruction.
    let start: UnsafeMutableRawPointer
    let end: UnsafeRawPointer
    /// For each instruction that can trap or call, its distance from ``start`` and its offset in the binary; ascending.
    private let origins: [Origin]
    /// Where exceptions are caught, inner places first.
    let handlers: [ExceptionHandler]

    struct Origin {
        let code: UInt32
        let binary: UInt32
    }

    init(
        index: Int, header: Int, start: UnsafeMutableRawPointer, byteCount: Int, origins: [Origin],
        handlers: [ExceptionHandler]
    ) {
        self.index = index
        self.header = header
        self.start = start
        end = UnsafeRawPointer(start + byteCount)
        self.origins = origins
        self.handlers = handlers
    }

    /// Where in the module's binary the instruction stands that an address lies in.
    func binaryOffset(of code: UnsafeRawPointer) -> Int {
        let distance = code - UnsafeRawPointer(start)
        var low = 0
        var high = origins.count
        while low < high {
            let middle = (low + high) / 2
            if Int(origins[middle].code) <= distance { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? Int(origins[low - 1].binary) : 0
    }
}
