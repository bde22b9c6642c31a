import Synchronization
import WebAssembly

/// The blocks of ended instances, kept for the next ones of the same module.
///
/// Most of an instance never changes: the records of its functions, its tags, the elements of its tables, the places of its
/// globals. All that stays, so that what a request costs does not grow with the number of a module's functions, table
/// elements and segments. Globals get their first values again. A block whose tables were written to is not kept.
///
/// See "Why is an instance not made anew for each request?" in WebAssemblyRuntime.docc.
final class InstancePool: Sendable {
    /// Sendable because nothing but the pool has the addresses, and it touches them under its lock.
    private struct Blocks: @unchecked Sendable {
        var free: [UnsafeMutableRawPointer] = []
    }

    /// The places, among those of data and then of elements, of the segments that a guest may use and drop.
    let passiveSegments: [Int]

    private let module: Module
    private let layout: InstanceLayout
    /// How many blocks are kept at most.
    private let capacity: Int
    private let blocks = Mutex(Blocks())

    /// No more bytes than these are kept, though at least some blocks.
    private static let maximumByteCount = 16 << 20

    init(_ module: Module, _ layout: InstanceLayout, imports: [Linker.Definition]) {
        self.module = module
        self.layout = layout
        let data = module.dataSegments.indices.filter { index in
            if case .passive = module.dataSegments[index].mode { true } else { false }
        }
        let elements = module.elementSegments.indices.filter { index in
            if case .passive = module.elementSegments[index].mode { true } else { false }
        }
        passiveSegments = data + elements.map { module.dataSegments.count + $0 }
        let isKeepable =
            imports.allSatisfy { if case .host = $0 { true } else { false } } && !InstancePool.makesObjects(module)
        capacity = isKeepable ? min(64, max(4, InstancePool.maximumByteCount / layout.byteCount)) : 0
    }

    deinit {
        blocks.withLock { blocks in
            for block in blocks.free { layout.destroy(block, of: module) }
        }
    }

    /// The block of an instance that has ended, with all but globals and memories as at first; nil if there is none.
    func take() -> UnsafeMutableRawPointer? {
        guard capacity > 0 else { return nil }
        return blocks.withLock { $0.free.popLast() }
    }

    /// Takes the block of an instance whose store ends.
    func give(_ block: UnsafeMutableRawPointer) {
        let isKept =
            capacity > 0 && isAsAtFirst(block)
            && blocks.withLock { blocks in
                guard blocks.free.count < capacity else { return false }
                blocks.free.append(block)
                return true
            }
        if !isKept { layout.destroy(block, of: module) }
    }

    private func isAsAtFirst(_ block: UnsafeMutableRawPointer) -> Bool {
        block.assumingMemoryBound(to: InstanceContext.self).pointee.isComplete
            && layout.definedTables(block, of: module).allSatisfy { !$0.pointee.isChanged }
    }

    /// Whether globals, tables or segments begin with objects, which belong to a store's heap.
    private static func makesObjects(_ module: Module) -> Bool {
        let elements = module.elementSegments.lazy.flatMap { segment -> [ConstantExpression] in
            if case .expressions(let expressions) = segment.items { expressions } else { [] }
        }
        return module.globalInitializers.contains { makesObject($0, module) }
            || module.tableInitializers.contains { $0.map { makesObject($0, module) } ?? false }
            || elements.contains { makesObject($0, module) }
    }

    private static func makesObject(_ expression: ConstantExpression, _ module: Module) -> Bool {
        module.instructions(of: expression).contains { instruction in
            switch instruction {
            case .structureNew, .structureNewDefault, .arrayNew, .arrayNewDefault, .arrayNewFixed: true
            default: false
            }
        }
    }
}
