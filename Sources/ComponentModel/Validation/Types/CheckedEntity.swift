/// What has been imported or exported, or can be.
enum CheckedEntity {
    case coreModule(CheckedModuleType)
    case function(CheckedFunctionType)
    case type(CheckedType)
    case component(CheckedComponentType)
    case instance(CheckedInstanceType)

    var noun: String {
        switch self {
        case .coreModule: "module"
        case .function: "func"
        case .type: "type"
        case .component: "component"
        case .instance: "instance"
        }
    }

    var depth: Int {
        switch self {
        case .coreModule, .function: 1
        case .type(let type): type.depth
        case .component(let type): type.depth
        case .instance(let type): type.depth
        }
    }
}
