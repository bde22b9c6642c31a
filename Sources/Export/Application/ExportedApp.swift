package import Bindle
package import Content

/// An application that leaves this machine: what its bindle says, and where the bytes of its files are.
package struct ExportedApp: Sendable {
    package let id: BindleID
    /// In the order of the invoice, at least one.
    package let handlers: [(label: Label, hasAssets: Bool)]
    /// The files of the wwwroot, each path once.
    package let files: [(path: RelativePath, file: ContentFile)]
    /// Where the bytes of the modules and the files are found.
    package let content: any ContentSource

    /// - Throws: if nothing of the bindle answers requests, or a file has a name that would leave the wwwroot.
    package init(_ invoice: Invoice, content: any ContentSource) throws(ExportError) {
        let parcels = ApplicationParcels(invoice)
        guard !parcels.handlers.isEmpty else {
            throw ExportError("\(invoice.id) has no handler: a WAGI has nothing to run")
        }
        id = invoice.id
        handlers = parcels.handlers
        do throws(AssetError) {
            let named = try Wwwroot.files(of: parcels.assets, in: invoice.id, time: { _ in 0 })
            do throws(WwwrootError) { _ = try Wwwroot(named) } catch { throw AssetError(error, in: invoice.id) }
            var seen: Set<RelativePath> = []
            files = named.filter { seen.insert($0.path).inserted }
        } catch {
            throw ExportError(error.description)
        }
        self.content = content
    }

    /// The routes of the handlers, in the order in which they are tried.
    package var routes: [Route] { handlers.compactMap { $0.label.wagi?.route.map(Route.init) } }
}
