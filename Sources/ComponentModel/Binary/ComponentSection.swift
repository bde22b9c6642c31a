/// The sections of a component. The raw value is the identifier in the binary format (Component Model, "Binary.md").
enum ComponentSection: UInt8 {
    case custom = 0
    case coreModule = 1
    case coreInstance = 2
    case coreType = 3
    case component = 4
    case instance = 5
    case alias = 6
    case type = 7
    case canonical = 8
    case start = 9
    case `import` = 10
    case export = 11
    case value = 12

    var name: String {
        switch self {
        case .custom: "custom"
        case .coreModule: "core module"
        case .coreInstance: "core instance"
        case .coreType: "core type"
        case .component: "component"
        case .instance: "instance"
        case .alias: "alias"
        case .type: "type"
        case .canonical: "canonical function"
        case .start: "start"
        case .import: "import"
        case .export: "export"
        case .value: "value"
        }
    }
}
