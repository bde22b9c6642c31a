package import Bindle
package import HTTP
import Platform

/// The revisions of a sandbox, which are reached through it while it runs, and in its store otherwise.
package struct SandboxHistory: Sendable {
    private enum Access {
        case running(RevisionClient)
        case stopped(BindleStore)
    }

    private let access: Access

    /// The history of the sandbox whose Bindle server has this URL.
    ///
    /// - Parameters:
    ///   - token: what that server asks for; nil if it asks for nothing.
    ///   - tls: how that server is known, for an `https` URL.
    package init(bindleURL: String, token: String?, tls: TLSPolicy) throws {
        let credentials = token.map { BindleClient.Credentials.bearer(token: $0) } ?? .none
        access = .running(try RevisionClient(bindleURL: bindleURL, credentials: credentials, tls: tls))
    }

    /// The history of a project.
    ///
    /// - Parameters:
    ///   - path: The project, as for `hippo-dev up`.
    ///   - store: The store's file, where it is not the one of the project's settings.
    package init(path: String, store: String?) throws {
        access =
            switch try StoreAccess.find(path: path, store: store) {
            case .running(let sandbox, let credentials):
                .running(
                    try RevisionClient(bindleURL: sandbox.bindle, credentials: credentials, tls: sandbox.tls))
            case .stopped(let store): .stopped(store)
            }
    }

    /// Whether a sandbox runs on it.
    package var isRunning: Bool {
        if case .running = access { true } else { false }
    }

    /// The revisions, oldest first.
    package func revisions() throws -> [RevisionSummary] {
        switch access {
        case .running(let client): try client.revisions()
        case .stopped(let store): try store.revisions()
        }
    }

    package func changes(from first: Int, to second: Int) throws -> RevisionComparison {
        switch access {
        case .running(let client): try client.changes(from: first, to: second)
        case .stopped(let store): try store.changes(from: first, to: second)
        }
    }

    /// Brings a revision back. A running sandbox serves it when this returns, one that is started next will.
    package func restore(revision number: Int) throws -> Revision {
        switch access {
        case .running(let client): try client.restore(revision: number)
        case .stopped(let store): try store.restore(revision: number)
        }
    }
}
