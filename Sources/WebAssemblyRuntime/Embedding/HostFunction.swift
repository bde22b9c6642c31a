package import WebAssembly

/// A function of the embedder that guests can import.
///
/// It belongs to no store, so one definition serves all instances on all threads. What it throws ends the guest and
/// comes out of ``Function/call(_:)`` as ``Trap/Kind/host(_:)``; a ``Trap`` comes out as itself.
package struct HostFunction: Sendable {
    final class Storage: Sendable {
        let type: FunctionType
        let canonicalType: CanonicalType
        let shape: FrameShape
        let body: @Sendable (Caller) throws -> Void

        init(type: FunctionType, body: @escaping @Sendable (Caller) throws -> Void) {
            self.type = type
            canonicalType = CanonicalType(type)
            shape = FrameShape(type)
            self.body = body
        }
    }

    let storage: Storage

    package var type: FunctionType { storage.type }

    /// Makes a host function.
    ///
    /// - Parameters:
    ///   - type: Its parameters and results.
    ///   - body: Reads arguments from, and sets results in, the ``Caller``. It runs on the guest's thread.
    package init(type: FunctionType, body: @escaping @Sendable (Caller) throws -> Void) {
        storage = Storage(type: type, body: body)
    }

    /// Makes a host function of its parameter and result types.
    package init(
        _ parameters: [ValueType], to results: [ValueType] = [], body: @escaping @Sendable (Caller) throws -> Void
    ) {
        self.init(type: FunctionType(parameters: parameters, results: results), body: body)
    }
}

/// A call of a host function: its arguments, its results and the instance that calls. Valid until the function returns.
///
/// Arguments and results stand in slots of 64 bits, counted from 0; a `v128` takes two of them. Results overwrite the
/// arguments' slots: read all arguments before setting a result.
package struct Caller {
    let slots: UnsafeMutableRawPointer
    let context: UnsafeMutableRawPointer?
    unowned(unsafe) let storeReference: Store

    /// The store of the calling guest.
    package var store: Store { storeReference }

    /// The embedder's object in the store.
    package var hostState: AnyObject? { storeReference.hostState }

    // MARK: Arguments

    /// The argument in a slot, as stored: integers of 32 bits zero-extended, numbers by their bits.
    @inline(__always)
    package func argument(_ slot: Int) -> UInt64 { slots.load(fromByteOffset: slot &* 8, as: UInt64.self) }

    @inline(__always)
    package func i32(_ slot: Int) -> UInt32 { slots.load(fromByteOffset: slot &* 8, as: UInt32.self) }

    @inline(__always)
    package func i64(_ slot: Int) -> UInt64 { argument(slot) }

    @inline(__always)
    package func f32(_ slot: Int) -> Float { Float(bitPattern: i32(slot)) }

    @inline(__always)
    package func f64(_ slot: Int) -> Double { Double(bitPattern: argument(slot)) }

    /// The vector in a slot and the one after it.
    package func v128(_ slot: Int) -> V128 { V128(low: argument(slot), high: argument(slot + 1)) }

    /// The reference in a slot; the type says which hierarchy it is of.
    package func reference(_ slot: Int, type: ReferenceType) -> Reference {
        storeReference.reference(argument(slot), type: type)
    }

    // MARK: Results

    /// Sets the result in a slot; integers of 32 bits have to be zero-extended.
    @inline(__always)
    package func setResult(bits: UInt64, slot: Int = 0) {
        slots.storeBytes(of: bits, toByteOffset: slot &* 8, as: UInt64.self)
    }

    /// Sets an `i32`.
    @inline(__always)
    package func setResult(_ value: UInt32, slot: Int = 0) { setResult(bits: UInt64(value), slot: slot) }

    /// Sets an `i64`.
    @inline(__always)
    package func setResult(_ value: UInt64, slot: Int = 0) { setResult(bits: value, slot: slot) }

    @inline(__always)
    package func setResult(_ value: Float, slot: Int = 0) { setResult(bits: UInt64(value.bitPattern), slot: slot) }

    @inline(__always)
    package func setResult(_ value: Double, slot: Int = 0) { setResult(bits: value.bitPattern, slot: slot) }

    package func setResult(_ value: V128, slot: Int = 0) {
        setResult(bits: value.low, slot: slot)
        setResult(bits: value.high, slot: slot + 1)
    }

    package func setResult(_ value: Reference, slot: Int = 0) {
        setResult(bits: storeReference.bits(of: value), slot: slot)
    }

    // MARK: Surroundings

    /// The calling instance's memory 0, or nil if it has none, or if the host itself calls.
    package var memory: Memory? {
        guard let context else { return nil }
        let record = context.assumingMemoryBound(to: InstanceContext.self).pointee.memory
        return record == storeReference.emptyMemory ? nil : Memory(record: record, store: storeReference)
    }

    /// The calling instance, or nil if the host itself calls.
    package var instance: Instance? {
        context.map { Instance(context: $0, store: storeReference) }
    }
}
