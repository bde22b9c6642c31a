/// What one running guest has of WASI: its arguments, its environment and its descriptors. It belongs to the guest's
/// store, and like it to one thread at a time.
public final class WASIContext {
    let configuration: WASIConfiguration
    var descriptors: DescriptorTable

    /// Makes the context of one guest; cheap, since directories are opened only when the guest uses them.
    public init(_ configuration: WASIConfiguration) {
        self.configuration = configuration
        descriptors = DescriptorTable(configuration)
    }
}
