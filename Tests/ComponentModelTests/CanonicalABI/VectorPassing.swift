import WebAssemblyRuntime

@testable import ComponentModel

/// Two guests, one of which has a vector's value as its argument, or as its result.
final class VectorPassing {
    let target: GuestMemory
    private let plan: FunctionPlan
    private let state: ComponentState
    private var source: GuestSide
    private var targetSide: GuestSide
    private let slots: UnsafeMutableRawPointer
    private let targetSlots: UnsafeMutableRawPointer
    private let isResult: Bool

    /// One more than values take at most.
    private static let slotCount = 17
    /// What stands in slots before they are written.
    private static let leftOver: UInt64 = 0xA5A5_A5A5_A5A5_A5A5

    init(_ vector: Vector, _ plan: FunctionPlan, _ layouts: LayoutTable) throws {
        self.plan = plan
        isResult = vector.resultPlace != nil
        let store = Store()
        // The first resource type is that of the source, the second that of the target, the third that of another one.
        state = ComponentState(
            layouts: layouts,
            resources: VectorNotation.resources.enumerated().map {
                ResourceImplementation(type: $0.element, instance: $0.offset, destructor: nil)
            }, instanceCount: 3, store: store)
        state.tasks = [ComponentState.Task(instance: 0), ComponentState.Task(instance: 1)]
        let memory = try GuestMemory(vector.memory, in: store)
        target = try GuestMemory(heapStart: isResult ? 4096 : 8, in: store)
        source = GuestSide(
            state: state, instance: 0, memory: memory.memory, reallocate: memory.reallocate,
            stringEncoding: vector.source, task: 0)
        targetSide = GuestSide(
            state: state, instance: 1, memory: target.memory, reallocate: target.reallocate,
            stringEncoding: vector.target, task: 1)
        slots = .allocate(byteCount: Self.slotCount * 8, alignment: 8)
        targetSlots = .allocate(byteCount: Self.slotCount * 8, alignment: 8)
        for index in 0..<Self.slotCount {
            let bits = index < vector.flats.count ? vector.flats[index] : Self.leftOver
            slots.storeBytes(of: bits, toByteOffset: index * 8, as: UInt64.self)
            targetSlots.storeBytes(of: Self.leftOver, toByteOffset: index * 8, as: UInt64.self)
        }
        if let place = vector.resultPlace { targetSlots.storeBytes(of: UInt64(place), as: UInt64.self) }
        try Self.replay(vector.sourceHistory, on: &state.instances[0].handles, task: 0)
        try Self.replay(vector.targetHistory, on: &state.instances[1].handles, task: 1)
    }

    deinit {
        slots.deallocate()
        targetSlots.deallocate()
    }

    /// `o2.7` adds a handle that owns a resource of the third type, `b2.7` one that is borrowed; `w` adds a set of waitables;
    /// `l4` lends what is at index 4, `x4` removes it.
    private static func replay(_ history: [Substring], on table: inout HandleTable, task: Int32) throws {
        for step in history {
            let numbers = step.dropFirst().split(separator: ".").compactMap { UInt32($0) }
            switch step.first {
            case "l": table.lend(numbers[0])
            case "x": table.remove(numbers[0])
            case "w": _ = try table.add(HandleTable.Entry(.waitableSet))
            case let kind:
                _ = try table.add(
                    HandleTable.Entry(
                        kind == "o" ? .own : .borrow(task: task), resource: numbers[0], representation: numbers[1]))
            }
        }
    }

    // MARK: Passing

    private var layout: Int { isResult ? plan.result ?? plan.parameters : plan.parameters }

    private var isInMemory: Bool { isResult ? plan.resultIsInMemory : plan.parametersAreInMemory }

    /// Where the value goes: parameters into memory that is allocated, results to where the target wants them.
    private func place() throws(Trap) -> Location {
        isResult
            ? try targetSide.located(layout, inMemory: isInMemory, targetSlots)
            : try targetSide.allocated(layout, inMemory: isInMemory, targetSlots)
    }

    func transfer() -> Result<Void, Trap> {
        Result { () throws(Trap) in
            let from = try source.located(layout, inMemory: isInMemory, slots)
            try source.transfer(layout, from: from, to: &targetSide, at: try place())
            source.returnLentHandles()
        }
    }

    func lift() -> Result<ComponentModel.Value, Trap> {
        Result { () throws(Trap) in
            let from = try source.located(layout, inMemory: isInMemory, slots)
            let value = try source.lift(layout, from: from)
            source.returnLentHandles()
            return value
        }
    }

    func lower(_ value: ComponentModel.Value) -> Result<Void, Trap> {
        Result { () throws(Trap) in try targetSide.lower(value, layout, to: try place()) }
    }

    // MARK: What came of it

    /// The core values that the target was given; one more if a slot behind the last one was written.
    func targetFlats(_ count: Int) -> [UInt64] {
        let all = (0..<Self.slotCount).map { targetSlots.load(fromByteOffset: $0 * 8, as: UInt64.self) }
        // A result in memory leaves alone where it was told its place.
        let used = isResult && isInMemory ? 1 : count
        let isWithin = all[used...].allSatisfy { $0 == Self.leftOver }
        return Array(all[..<(isWithin ? count : count + 1)])
    }

    /// How many handles the target was given as borrows.
    var borrowCount: UInt32 { state.tasks[1].borrowCount }

    /// The source's table of handles, to be compared with what was expected.
    func sourceHandles(_ expected: Substring) -> Substring { describe(state.instances[0].handles, expected) }

    func targetHandles(_ expected: Substring) -> Substring { describe(state.instances[1].handles, expected) }

    /// The entries from the first on, `-` for those that are free, and the free ones in the order in which they are given
    /// out.
    ///
    /// - Parameter expected: The same as the reference has it, which tells how many there are.
    private func describe(_ table: HandleTable, _ expected: Substring) -> Substring {
        let entryCount = expected.isEmpty ? 0 : UInt32(expected.split(separator: ",").count)
        let freeCount = expected.count { $0 == "<" }
        // The one behind the last is there if there are more than there should be.
        let last = (try? table[entryCount + 1]) == nil ? entryCount : entryCount + 1
        let entries = (1..<last + 1).map { index in
            guard let entry = try? table[index] else { return "-" }
            let lent = entry.lendCount == 0 ? "" : ".\(entry.lendCount)"
            return switch entry.kind {
            case .own: "o\(entry.resource).\(entry.representation)\(lent)"
            case .borrow: "b\(entry.resource).\(entry.representation)\(lent)"
            case .free, .waitableSet: "w"
            }
        }
        var table = table
        let free = (0..<freeCount).map { _ in
            (try? table.add(HandleTable.Entry(.waitableSet))).map { "<\($0)" } ?? "<"
        }
        let isComplete = (try? table.add(HandleTable.Entry(.waitableSet))) == entryCount + 1
        return Substring(entries.joined(separator: ",") + free.joined() + (isComplete ? "" : "<"))
    }
}
