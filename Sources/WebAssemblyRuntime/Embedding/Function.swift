package import WebAssembly

/// A function of a store: one of an instance, or the host's.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package struct Function: Hashable, @unchecked Sendable {
    let record: UnsafeMutablePointer<FunctionRecord>
    let store: Store

    init(record: UnsafeMutablePointer<FunctionRecord>, store: Store) {
        self.record = record
        self.store = store
    }

    /// Makes a reference to a host function, to be put into tables or passed to guests.
    package init(_ function: HostFunction, in store: Store) {
        record = store.makeRecord(of: function.storage)
        self.store = store
    }

    package static func == (left: Function, right: Function) -> Bool { left.record == right.record }

    package func hash(into hasher: inout Hasher) { hasher.combine(record) }

    var canonicalType: CanonicalType { record.pointee.canonicalType }

    package var type: FunctionType {
        guard let type = canonicalType.functionType else { preconditionFailure("functions have function types") }
        return type
    }

    /// Calls the function.
    ///
    /// - Precondition: The arguments have the types of the parameters.
    /// - Throws: ``Trap`` if the function does not return.
    @discardableResult
    package func call(_ arguments: [Value] = []) throws(Trap) -> [Value] {
        let type = self.type
        precondition(arguments.count == type.parameters.count, "wrong number of arguments")
        let shape = FrameShape(type)
        let slots = try store.beginCall(slotCount: shape.header + FrameShape.headerSlotCount)
        defer { store.endCall(slots) }
        var slot = 0
        for (argument, parameter) in zip(arguments, type.parameters) {
            precondition(argument.conforms(to: parameter), "an argument is not of the parameter's type")
            let (low, high) = store.bits(of: argument)
            slots.storeBytes(of: low, toByteOffset: slot * 8, as: UInt64.self)
            if parameter == .v128 { slots.storeBytes(of: high, toByteOffset: slot * 8 + 8, as: UInt64.self) }
            slot += parameter.slotCount
        }
        try store.execute(record, frame: slots, header: shape.header)
        var results: [Value] = []
        results.reserveCapacity(type.results.count)
        slot = 0
        for result in type.results {
            let low = slots.load(fromByteOffset: slot * 8, as: UInt64.self)
            let high = result == .v128 ? slots.load(fromByteOffset: slot * 8 + 8, as: UInt64.self) : 0
            results.append(store.value(type: result, low: low, high: high))
            slot += result.slotCount
        }
        return results
    }
}
