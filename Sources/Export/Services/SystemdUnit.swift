import HTTP

/// A unit of systemd (version 250 or newer) that serves an app from an unpacked artifact, and can do little else.
package struct SystemdUnit: Sendable {
    package let text: String

    package init(_ place: ServedPlace) {
        var service = [
            ("Type", "exec"),
            ("WorkingDirectory", Self.escaped(place.directory)),
            (
                "ExecStart",
                ([Self.quoted(place.program)]
                    + place.arguments(address: place.address.description, variables: nil).map(Self.quoted)
                    + (place.variables == nil ? [] : ["--env-file", "%d/modules.env"])).joined(separator: " ")
            ),
            ("Restart", "on-failure"),
            ("RestartSec", "2"),
            ("TimeoutStopSec", String(ServedPlace.stopSeconds)),
        ]
        // The service's user need not be able to read the file: systemd does.
        if let variables = place.variables {
            service.append(("LoadCredential", "modules.env:\(Self.escaped(variables))"))
        }
        let isPrivileged = place.address.port < 1024
        service += Self.sandbox
        service += [
            ("CapabilityBoundingSet", isPrivileged ? "CAP_NET_BIND_SERVICE" : ""),
            ("AmbientCapabilities", isPrivileged ? "CAP_NET_BIND_SERVICE" : ""),
        ]
        // A namespace of users takes the right to a low port away.
        if !isPrivileged { service.append(("PrivateUsers", "yes")) }
        text = """
            # \(place.id), written by 'hippo-dev export systemd'. Unpack its artifact into \(place.directory), then:
            #   systemctl daemon-reload && systemctl enable --now \(ServiceName(place.id)).service

            [Unit]
            Description=\(Self.escaped("\(place.id)")), served by hippo-dev
            Wants=network-online.target
            After=network-online.target

            [Service]
            \(service.map { "\($0.0)=\($0.1)" }.joined(separator: "\n"))

            [Install]
            WantedBy=multi-user.target

            """
    }

    /// What the service may not do. It reads its directory, writes to a /tmp of its own, and speaks TCP.
    private static let sandbox = [
        ("DynamicUser", "yes"),
        ("UMask", "0077"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("DevicePolicy", "closed"),
        ("ProtectKernelTunables", "yes"),
        ("ProtectKernelModules", "yes"),
        ("ProtectKernelLogs", "yes"),
        ("ProtectControlGroups", "yes"),
        ("ProtectClock", "yes"),
        ("ProtectHostname", "yes"),
        ("ProtectProc", "invisible"),
        ("NoNewPrivileges", "yes"),
        ("RestrictNamespaces", "yes"),
        ("RestrictRealtime", "yes"),
        ("RestrictSUIDSGID", "yes"),
        ("LockPersonality", "yes"),
        ("MemoryDenyWriteExecute", "yes"),
        ("KeyringMode", "private"),
        ("RemoveIPC", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK"),
        ("SystemCallArchitectures", "native"),
        ("SystemCallFilter", "@system-service"),
        ("SystemCallFilter", "~@privileged"),
        ("SystemCallErrorNumber", "EPERM"),
    ]

    /// A text in which systemd finds no specifier.
    private static func escaped(_ text: String) -> String { String(text.flatMap { $0 == "%" ? "%%" : String($0) }) }

    /// A word of a command line (systemd.service(5), "Command lines").
    private static func quoted(_ word: String) -> String {
        let text = escaped(word).flatMap { character in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "$": "$$"
            default: String(character)
            }
        }
        let isPlain =
            !word.isEmpty && word.allSatisfy { $0 != " " && $0 != "'" && $0 != "\"" && $0 != ";" && $0 != "\\" }
        return isPlain ? String(text) : "\"\(String(text))\""
    }
}
