import Bindle
import Platform
import Sandbox

/// What the program has left on this machine.
struct Remains {
    struct Item: Hashable {
        /// A file or a directory; absolute.
        let path: String
        /// What it holds, for people.
        let content: String
    }

    /// The program itself.
    let program: Item
    /// The stores, in the projects that were served.
    let stores: [Item]
    /// What is kept for the user outside of projects.
    let settings: [Item]

    init(register: ProjectRegister = .ofThisUser) {
        let path = linkTarget("/proc/self/exe") ?? CommandLine.arguments.first ?? "hippo-dev"
        program = Item(path: path, content: "the program")
        stores = register.projects.map { $0 + "/.hippo" }.filter { FileStatus(path: $0)?.isDirectory == true }.map {
            Item(path: $0, content: "revisions, logs and digests of a project")
        }
        settings = UserFile.allCases.map { Item(path: $0.path(), content: Self.content(of: $0)) }
            .filter { FileStatus(linkAt: $0.path) != nil }
    }

    private static func content(of file: UserFile) -> String {
        switch file {
        case .credentials: "credentials, which 'hippo-dev login' has left"
        case .tokens: "tokens of stores that others can reach"
        case .accounts: "accounts and tokens of those who publish to stores"
        case .projects: "the list of projects that were served"
        case .hostKey: "the key that signs invoices as host"
        case .authority: "the authority for --https; browsers that were told to trust it still do"
        case .authorityKey: "the private key of that authority"
        case .validations: "which components are valid, so that they are not checked again"
        }
    }

    /// The directory of settings, if nothing is left in it.
    func removeEmptyDirectory() {
        rmdir(UserFile.settingsDirectory())
    }

    var all: [Item] { stores + settings + [program] }
}

extension Remains.Item {
    /// What it takes on the disk, in bytes.
    var size: Int {
        var total = 0
        var paths = [path]
        while let next = paths.popLast() {
            guard let status = FileStatus(linkAt: next) else { continue }
            if status.isDirectory {
                paths += ((try? Directories.names(in: next)) ?? []).map { "\(next)/\($0)" }
            } else {
                total += Int(status.size)
            }
        }
        return total
    }
}
