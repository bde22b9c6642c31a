import Glibc
import WebAssembly

/// What executing code needs of its store. Handlers reach it through ``InstanceContext/machine``.
///
/// This and the records below live in memory that the store owns and that never moves, so that translated code and
/// references can point at them.
struct Machine {
    /// Not zero once someone asked the guest to stop. Written by other threads; see ``Store/interrupt()``.
    var interruptRequest: UInt64 = 0
    /// The end of the register stack: no frame reaches beyond.
    var stackLimit: UnsafeMutableRawPointer
    /// The first byte of the register stack. This and the next three are those of the task that runs; see ``StackPosition``.
    var stackBase: UnsafeMutableRawPointer
    /// Where a call from the host puts its frame.
    var stackTop: UnsafeMutableRawPointer
    /// The next free entry of the stack of calls between instances.
    var crossingTop: UnsafeMutablePointer<Crossing>
    /// Why execution ended: zero when the outermost function returned.
    var exit: ExitReason = .returned
    /// The instruction, the frame and the instance where execution ended.
    var exitCode: UnsafeRawPointer?
    var exitFrame: UnsafeMutableRawPointer?
    var exitContext: UnsafeMutableRawPointer?
    /// A number that belongs to the exit reason, such as an element's index.
    var exitDetail: UInt64 = 0
    /// How many runs of the machine stand on the register stack, one inside a host function that another called.
    var runCount = 0
    let store: Unmanaged<Store>
}

/// A call from one instance into another, which the return has to undo.
struct Crossing {
    let returnCode: UnsafeRawPointer
    let context: UnsafeMutableRawPointer
}

/// Why a run of the machine ended.
enum ExitReason: UInt64 {
    case returned
    case unreachable
    case integerDivideByZero
    case integerOverflow
    case invalidConversionToInteger
    case outOfBoundsMemoryAccess
    case outOfBoundsTableAccess
    case undefinedElement
    case uninitializedElement
    case indirectCallTypeMismatch
    case callStackExhausted
    case nullReference
    case nullFunctionReference
    case nullStructureReference
    case nullArrayReference
    case nullI31Reference
    case nullExceptionReference
    case outOfBoundsArrayAccess
    case castFailure
    case unalignedAtomic
    case expectedSharedMemory
    case interrupted
    case heapExhausted
    case functionTooLarge
    /// A host function threw; the error is in ``Store/pendingError``.
    case hostError
    /// A host function has suspended the task; see ``Store/suspendedCall``.
    case suspended
    /// A guest exception is in flight; it is in ``Machine/exitDetail``.
    case exception
}

/// The head of an instance's block of memory. Its global cells and its tables of pointers follow, at offsets that are
/// the same for all instances of a module; see ``InstanceLayout``.
struct InstanceContext {
    var machine: UnsafeMutablePointer<Machine>
    /// Memory 0, or the empty memory.
    var memory: UnsafeMutablePointer<MemoryRecord>
    /// One for each function of the module; those of defined functions are filled when first referred to.
    let functions: UnsafeMutablePointer<FunctionRecord>
    let memories: UnsafeMutablePointer<UnsafeMutablePointer<MemoryRecord>>
    let tables: UnsafeMutablePointer<UnsafeMutablePointer<TableRecord>>
    let globals: UnsafeMutablePointer<UnsafeMutableRawPointer>
    let tags: UnsafeMutablePointer<UnsafeMutablePointer<TagRecord>>
    /// For each data segment and then each element segment, whether it was dropped.
    let droppedSegments: UnsafeMutablePointer<Bool>
    let translated: Unmanaged<TranslatedModule>
    /// The reference of the module-level evaluation of each element segment: see ``Instance``.
    let elementSegments: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
    /// Whether all that stays the same from one instance to the next has been made; see ``InstancePool``.
    var isComplete = false
    /// Whether the guest has dropped a segment.
    var hasDroppedSegments = false
}

/// A function that can be called through a reference. A function reference is this record's address.
struct FunctionRecord {
    /// Where the code's present entry stands; nil while the record has not been filled.
    var entry: UnsafeMutablePointer<UnsafeRawPointer>?
    /// The instance of a WebAssembly function; nil for a host function.
    var context: UnsafeMutableRawPointer?
    /// The host function, kept by the store or by the pool of the instance.
    var host: Unmanaged<HostFunction.Storage>?
    var canonicalType: CanonicalType
    /// The index in the defining module.
    var index: UInt32

    init(host: HostFunction.Storage) {
        self.host = Unmanaged.passUnretained(host)
        canonicalType = host.canonicalType
        index = 0
    }

    init(
        entry: UnsafeMutablePointer<UnsafeRawPointer>, context: UnsafeMutableRawPointer, canonicalType: CanonicalType,
        index: UInt32
    ) {
        self.entry = entry
        self.context = context
        self.canonicalType = canonicalType
        self.index = index
    }
}

struct MemoryRecord {
    var base: UnsafeMutableRawPointer
    var byteCount: UInt
    /// How far it can grow in place.
    var reservedByteCount: UInt
    /// The most pages its type allows.
    var maximumPageCount: UInt64
    var is64Bit: Bool
    var isShared: Bool
    var hasDeclaredMaximum: Bool
}

struct TableRecord {
    var elements: UnsafeMutablePointer<UInt64>
    var count: UInt
    var capacity: UInt
    var maximumCount: UInt64
    var element: ReferenceType
    var is64Bit: Bool
    var hasDeclaredMaximum: Bool
    /// Whether anything was written to it after the segments.
    var isChanged = false
    /// What stands at the places of nulls that nobody has written; the record owns it.
    var pending: Unmanaged<PendingElements>?

    /// Room for elements, all of them null. The system gives pages to a large table as they are written.
    static func makeElements(capacity: Int) -> UnsafeMutablePointer<UInt64> {
        guard let place = calloc(capacity, MemoryLayout<UInt64>.stride) else {
            fatalError("there is no memory for a table of \(capacity) elements")
        }
        return place.bindMemory(to: UInt64.self, capacity: capacity)
    }

    /// Gives up what it leads to.
    func destroy() {
        free(elements)
        pending?.release()
    }
}

/// A global's value; vectors take both halves.
struct GlobalCell {
    var low: UInt64 = 0
    var high: UInt64 = 0
}

/// The identity of a tag.
struct TagRecord {
    let type: UInt32
}
