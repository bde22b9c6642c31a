final class CheckedInstanceType {
    let exports: CheckedEntities
    /// The resource types that each instance of this type has for itself, in the order of their exports.
    let definedResources: [ResourceID]
    let depth: Int

    init(exports: CheckedEntities, definedResources: [ResourceID] = []) {
        self.exports = exports
        self.definedResources = definedResources
        depth = 1 + exports.depth
    }
}
