import Synchronization
import WebAssembly

/// The blocks of ended instances, kept for the next ones of the same module.
///
/// Most of an instance never changes: the records of its functions, its tags, the elements of its tables, the places of its
/// globals. All that stays, so that what a request costs does not grow with the number of a module's functions, table
/// elements and segments. Globals get their first values again, and tables that were written to are filled again.
///
/// See "Why is an instance not made anew for each request?" in WebAssemblyRuntime.docc.
final class InstancePool: Sendable {
    /// Sendable because nothing but the pool has the addresses, and it touches them under its lock.
    private struct Blocks: @unchecked Sendable {
        var free: [UnsafeMutableRawPointer] = []
    }

    /// The places, among those of data and then of elements, of the segments that a guest may use and drop.
    let passiveSegments: [Int]
    let dependencies: ConstantDependencies
    /// Whether the records of imports in a block from here are right: they are of the host's functions that the pool was
    /// made with.
    let keepsImports: Bool

    /// The host's functions that records in the blocks refer to.
    private let imports: [ExternalValue]
    private let module: Module
    private let layout: InstanceLayout
    /// How many blocks are kept at most.
    private let capacity: Int
    private let blocks = Mutex(Blocks())

    /// No more bytes than these are kept, though at least some blocks.
    private static let maximumByteCount = 16 << 20

    /// - Parameter imports: The functions of the host that all instances import, if the module imports nothing else; nil
    ///   if each instance may have other imports.
    init(_ module: Module, _ layout: InstanceLayout, keeping imports: [ExternalValue]? = nil) {
        self.module = module
        self.layout = layout
        self.imports = imports ?? []
        keepsImports = imports != nil
        let data = module.dataSegments.indices.filter { index in
            if case .passive = module.dataSegments[index].mode { true } else { false }
        }
        let elements = module.elementSegments.indices.filter { index in
            if case .passive = module.elementSegments[index].mode { true } else { false }
        }
        passiveSegments = data + elements.map { module.dataSegments.count + $0 }
        dependencies = ConstantDependencies(module)
        let isKeepable = !dependencies.makesObjects && !dependencies.elementsDependOnImports
        capacity = isKeepable ? min(64, max(4, InstancePool.maximumByteCount / layout.byteCount)) : 0
    }

    deinit {
        blocks.withLock { blocks in
            for block in blocks.free { layout.destroy(block, of: module) }
        }
    }

    /// The block of an instance that has ended, with all but globals, memories and changed tables as at first, and the
    /// imports too unless ``keepsImports``; nil if there is none.
    func take() -> UnsafeMutableRawPointer? {
        guard capacity > 0 else { return nil }
        return blocks.withLock { $0.free.popLast() }
    }

    /// Takes the block of an instance whose store ends.
    func give(_ block: UnsafeMutableRawPointer) {
        let isKept =
            capacity > 0 && isReusable(block)
            && blocks.withLock { blocks in
                guard blocks.free.count < capacity else { return false }
                blocks.free.append(block)
                return true
            }
        if !isKept { layout.destroy(block, of: module) }
    }

    /// Tables that have grown are not worth their memory.
    private func isReusable(_ block: UnsafeMutableRawPointer) -> Bool {
        block.assumingMemoryBound(to: InstanceContext.self).pointee.isComplete
            && zip(layout.definedTables(block, of: module), module.tables[module.importedTableCount...])
                .allSatisfy { UInt64($0.pointee.count) == $1.limits.minimum }
    }
}
