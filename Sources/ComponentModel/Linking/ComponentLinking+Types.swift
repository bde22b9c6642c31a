// Types, with what their indices stand for.

extension ComponentLinking {
    mutating func type(_ definition: TypeDefinition, in scope: LinkScope) -> LinkedType {
        switch definition {
        case .value(let definition): .value(ValueType(kind(definition, in: scope)))
        case .function(let definition): .function(functionType(definition, in: scope))
        case .component: .component
        case .instance(let declarations): .instance(declarations, scope)
        case .resource(let destructor): .resource(resourceType(destructor: destructor, in: scope))
        }
    }

    /// A resource type of its own for each instance of the component that defines it.
    private mutating func resourceType(destructor: UInt32?, in scope: LinkScope) -> ResourceType {
        let type = ResourceType(ofComponent: scope.nextResourceName())
        implementations[type] = (
            scope.instance, scope.ancestry,
            destructor.map { place(ofFunction: scope.coreFunctions[Int($0)]) }
        )
        _ = layouts.number(of: type)
        return type
    }

    private func functionType(_ definition: FunctionTypeDefinition, in scope: LinkScope) -> FunctionType {
        FunctionType(
            isAsync: definition.isAsync,
            definition.parameters.map { ValueType.Field($0.label, valueType($0.type, in: scope)) },
            to: definition.result.map { valueType($0, in: scope) })
    }

    func valueType(_ use: ValueTypeUse, in scope: LinkScope) -> ValueType {
        switch use {
        case .primitive(let type): return ValueType.primitive(type)
        case .defined(let index):
            guard case .value(let type) = scope.types[Int(index)] else {
                preconditionFailure("a valid component has value types where values are")
            }
            return type
        }
    }

    private func kind(_ definition: ValueTypeDefinition, in scope: LinkScope) -> ValueType.Kind {
        func type(_ use: ValueTypeUse) -> ValueType { valueType(use, in: scope) }
        return switch definition {
        case .primitive(let primitive): ValueType.primitive(primitive).kind
        case .record(let fields): .record(fields.map { ValueType.Field($0.label, type($0.type)) })
        case .variant(let cases): .variant(cases.map { ValueType.Case($0.label, $0.type.map(type)) })
        case .list(let element): .list(type(element))
        case .fixedLengthList(let element, let length): .fixedLengthList(type(element), length: length)
        case .tuple(let types): .tuple(types.map(type))
        case .flags(let labels): .flags(labels)
        case .enumeration(let labels): .enumeration(labels)
        case .option(let payload): .option(type(payload))
        case .result(let ok, let error): .result(ok: ok.map(type), error: error.map(type))
        case .own(let index): .own(resource(index, in: scope))
        case .borrow(let index): .borrow(resource(index, in: scope))
        case .stream(let element): .stream(element.map(type))
        case .future(let element): .future(element.map(type))
        case .map(let key, let value): .map(key: type(key), value: type(value))
        }
    }

    private func resource(_ index: UInt32, in scope: LinkScope) -> ResourceType {
        guard case .resource(let type) = scope.types[Int(index)] else {
            preconditionFailure("a valid component has handles to resource types")
        }
        return type
    }
}

extension ValueType {
    /// The one node of a primitive type.
    static func primitive(_ type: PrimitiveType) -> ValueType {
        switch type {
        case .bool: .bool
        case .s8: .s8
        case .u8: .u8
        case .s16: .s16
        case .u16: .u16
        case .s32: .s32
        case .u32: .u32
        case .s64: .s64
        case .u64: .u64
        case .f32: .f32
        case .f64: .f64
        case .char: .char
        case .string: .string
        }
    }
}
