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
        let call = try store.beginCall(of: type, arguments)
        defer { store.endCall(call) }
        guard case .returned = try store.execute(record, call) else {
            preconditionFailure("only a task's outermost run is suspended")
        }
        return store.values(of: type.results, at: call.slots)
    }
}

extension Store {
    /// A frame for a call from the host, above everything that is in use on the stack.
    struct CallFrame {
        let slots: UnsafeMutableRawPointer
        /// The slot of its header.
        let header: Int
    }

    /// Makes a frame with the arguments in place.
    func beginCall(of type: FunctionType, _ arguments: [Value]) throws(Trap) -> CallFrame {
        precondition(arguments.count == type.parameters.count, "wrong number of arguments")
        let call = try beginCall(header: FrameShape(type).header)
        let slots = call.slots
        var slot = 0
        for (argument, parameter) in zip(arguments, type.parameters) {
            precondition(argument.conforms(to: parameter), "an argument is not of the parameter's type")
            let (low, high) = bits(of: argument)
            slots.storeBytes(of: low, toByteOffset: slot * 8, as: UInt64.self)
            if parameter == .v128 { slots.storeBytes(of: high, toByteOffset: slot * 8 + 8, as: UInt64.self) }
            slot += parameter.slotCount
        }
        return call
    }

    /// The values of some types in slots.
    func values(of types: [ValueType], at slots: UnsafeMutableRawPointer) -> [Value] {
        var results: [Value] = []
        results.reserveCapacity(types.count)
        var slot = 0
        for result in types {
            let low = slots.load(fromByteOffset: slot * 8, as: UInt64.self)
            let high = result == .v128 ? slots.load(fromByteOffset: slot * 8 + 8, as: UInt64.self) : 0
            results.append(value(type: result, low: low, high: high))
            slot += result.slotCount
        }
        return results
    }
}
