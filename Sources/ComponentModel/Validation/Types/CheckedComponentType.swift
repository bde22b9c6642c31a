final class CheckedComponentType {
    let imports: CheckedEntities
    let exports: CheckedEntities
    /// The resource types that whoever instantiates it has to provide.
    let importedResources: [ResourceID]
    /// The resource types that each instance has for itself.
    let definedResources: [ResourceID]
    let depth: Int

    init(
        imports: CheckedEntities, exports: CheckedEntities, importedResources: [ResourceID],
        definedResources: [ResourceID]
    ) {
        self.imports = imports
        self.exports = exports
        self.importedResources = importedResources
        self.definedResources = definedResources
        depth = 1 + max(imports.depth, exports.depth)
    }
}
