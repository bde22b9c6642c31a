/// What one running guest has of WASI: its arguments, its environment and its descriptors. It belongs to the guest's
/// store, and like it to one thread at a time.
package final class WASIContext {
    let configuration: WASIConfiguration
    var descriptors: DescriptorTable
    /// Whether there was no room for something that the guest wanted to keep.
    var wasRefusedRoom = false

    private(set) lazy var argumentBlock = StringBlock(configuration.arguments)
    private(set) lazy var environmentBlock =
        configuration.environmentBlock ?? StringBlock(configuration.environment.map { "\($0.0)=\($0.1)" })

    /// Makes the context of one guest; cheap, since directories are opened only when the guest uses them.
    package convenience init(_ configuration: WASIConfiguration) {
        self.init(configuration, resolver: .automatic)
    }

    /// What the limits of the configuration refused the guest, which may be why it failed later: as
    /// ``Store/limitDescriptions``.
    package var limitDescriptions: [String] {
        var descriptions = wasRefusedRoom ? configuration.preopens.compactMap(\.limitDescription) : []
        if descriptors.hasReachedLimit {
            let remedy = configuration.descriptorRemedy.map { "; \($0) raises it" } ?? ""
            descriptions.append("the limit of \(descriptors.limit) open files was reached\(remedy)")
        }
        return descriptions
    }

    init(_ configuration: WASIConfiguration, resolver: PathResolver) {
        self.configuration = configuration
        descriptors = DescriptorTable(configuration, resolver)
    }
}
