/// Type uses: a reference to a function type, the type spelled out, or both, which then have to agree.
extension ModuleAssembler {
    /// What becomes of identifiers of parameters.
    enum ParameterBinding {
        /// They are accepted, and have no meaning in this place.
        case allowed
        /// They are accepted, and looked at when the function's body is read.
        case later
        /// They become locals of the function whose body follows.
        case locals
        /// They are an error: there is no scope for them.
        case forbidden
    }

    /// What a type use says.
    struct TypeUse {
        /// The explicit `(type x)`.
        let index: UInt32?
        /// Where it starts.
        let offset: UInt32
    }

    /// Reads `(param …)*(result …)*` to the end of `signature`.
    mutating func readSignature(bindingParameters: ParameterBinding) throws(SyntaxError) {
        while reader.isAtOpening(.param) {
            reader.position += 2
            let position = reader.position
            let binding =
                bindingParameters == .later
                ? Binding(symbol: reader.acceptIdentifier(), annotatedName: nil) : try readBinding()
            if binding.name != nil {
                if bindingParameters == .forbidden { throw reader.unexpected("a value type", at: position) }
                signature.types.append(try readValueType())
                if bindingParameters == .locals {
                    guard locals.define(binding) else { throw duplicate("local", at: position) }
                }
            } else {
                while !reader.isAtClose {
                    signature.types.append(try readValueType())
                    if bindingParameters == .locals { _ = locals.define(.anonymous) }
                }
            }
            try reader.expectClose()
        }
        signature.parameterCount = signature.types.count
        while reader.acceptOpening(.result) {
            while !reader.isAtClose { signature.types.append(try readValueType()) }
            try reader.expectClose()
        }
        if reader.isAtOpening(.param) { throw reader.unexpected("parameters before results", at: reader.position + 1) }
    }

    /// Reads `(type x)? (param …)* (result …)*`; what is spelled out goes into `signature`.
    mutating func readTypeUse(bindingParameters: ParameterBinding) throws(SyntaxError) -> TypeUse {
        signature.removeAll()
        let offset = reader.offset
        var index: UInt32?
        if reader.acceptOpening(.type) {
            index = try readIndex(types)
            try reader.expectClose()
        }
        try readSignature(bindingParameters: bindingParameters)
        return TypeUse(index: index, offset: offset)
    }

    /// The type index that a type use means; `signature` is its spelled-out part. Adds a type if need be.
    mutating func resolve(_ use: TypeUse) throws(SyntaxError) -> UInt32 {
        guard let index = use.index else { return typeIndex(of: signature) }
        if !signature.isEmpty {
            guard index < signatures.entries.count else { throw SyntaxError(at: use.offset, "unknown type \(index)") }
            guard let entry = signatures.entry(at: index), signatures.matches(entry, signature) else {
                throw SyntaxError(
                    at: use.offset, "inline function type: the parameters and results are not those of type \(index)")
            }
        }
        return index
    }

    private mutating func typeIndex(of signature: SignatureBuffer) -> UInt32 {
        if let index = signatures.find(signature) { return index }
        typeSection.count += 1
        typeSection.entries.append(0x60)
        Self.encode(signature, into: &typeSection.entries)
        signatures.define(signature, isPlain: true)
        return UInt32(signatures.entries.count - 1)
    }

    /// Reads a type use in a place where parameters cannot be named, and returns its type index.
    mutating func readTypeIndex(bindingParameters: ParameterBinding = .allowed) throws(SyntaxError) -> UInt32 {
        let use = try readTypeUse(bindingParameters: bindingParameters)
        return try resolve(use)
    }

    /// Reads and encodes the type of a block.
    mutating func encodeBlockType() throws(SyntaxError) {
        guard reader.isAtOpening(.type) || reader.isAtOpening(.result) || reader.isAtOpening(.param) else {
            body.append(0x40)
            return
        }
        let use = try readTypeUse(bindingParameters: .forbidden)
        if use.index == nil && signature.parameterCount == 0 && signature.resultCount <= 1 {
            guard let result = signature.types.first else { return body.append(0x40) }
            result.encode(into: &body)
        } else {
            body.appendSigned(Int64(try resolve(use)))
        }
    }
}
