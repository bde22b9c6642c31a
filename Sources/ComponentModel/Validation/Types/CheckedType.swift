/// What is in a component's type index space.
enum CheckedType {
    case value(CheckedValueType)
    case resource(CheckedResourceType)
    case function(CheckedFunctionType)
    case component(CheckedComponentType)
    case instance(CheckedInstanceType)

    var noun: String {
        switch self {
        case .value: "defined type"
        case .resource: "resource"
        case .function: "func"
        case .component: "component"
        case .instance: "instance"
        }
    }

    /// The same type, as another index has it.
    var atNewIndex: CheckedType {
        switch self {
        case .value(let type): .value(CheckedValueType(type.form))
        case .resource(let type): .resource(CheckedResourceType(type.id))
        case .function, .component, .instance: self
        }
    }

    /// What tells whether the index that has it has a name; `nil` for types that need none.
    var identity: ObjectIdentifier? {
        switch self {
        case .value(let type): ObjectIdentifier(type)
        case .resource(let type): ObjectIdentifier(type)
        case .function, .component, .instance: nil
        }
    }

    var depth: Int {
        switch self {
        case .value(let type): type.depth
        case .resource: 1
        case .function: 1
        case .component(let type): type.depth
        case .instance(let type): type.depth
        }
    }
}
