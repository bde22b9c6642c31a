import Foundation
import TestSupport
import Testing

import Bindle

@Suite("Signatures on invoices")
struct SigningTests {
    let creator = SecretKey(label: "Creator <c@example.com>", roles: [.creator])
    let approver = SecretKey(label: "Approver", roles: [.approver])
    let host = SecretKey(label: "Host", roles: [.host])
    let stranger = SecretKey(label: "Stranger", roles: [.proxy, .approver, .creator])
    let keyring: Keyring

    init() {
        keyring = Keyring(entries: [creator.keyringEntry, approver.keyringEntry, host.keyringEntry])
    }

    private func invoice(signedBy keys: (SecretKey, Signature.Role)...) throws -> Invoice {
        var invoice = try Samples.invoice("app/1.0.0", "one", "two")
        for (key, role) in keys { try invoice.sign(with: key, as: role, at: 1_643_928_286) }
        return invoice
    }

    @Test("are of the signer, the bindle, the role and the parcels") func areOfTheSignerTheBindleTheRoleAndTheParcels()
        throws
    {
        let invoice = try Samples.invoice("ex.com/app/1.0.0-rc.1", "one", "two")
        let text = String(decoding: invoice.signedText(by: "Ada", role: .creator), as: UTF8.self)
        #expect(
            text == "Ada\nex.com/app\n1.0.0-rc.1\ncreator\n~\n\(Samples.digest("one"))\n\(Samples.digest("two"))")
    }

    @Test("are made once by each key, and in its roles only") func areMadeOnceByEachKeyAndInItsRolesOnly() throws {
        var invoice = try invoice(signedBy: (creator, .creator))
        #expect(invoice.signatures[0].by == creator.label && invoice.signatures[0].at == 1_643_928_286)
        #expect(throws: SigningError.signedAlready(key: creator.label, invoice.id)) {
            try invoice.sign(with: creator, as: .creator, at: 0)
        }
        #expect(throws: SigningError.roleNotAllowed(key: "Host", role: .creator)) {
            try invoice.sign(with: host, as: .creator, at: 0)
        }
    }

    /// Who signed, and the strategies that trust it.
    @Test("are trusted by each strategy's own rule") func areTrustedByEachStrategysOwnRule() throws {
        let all = [
            "CreativeIntegrity", "AuthoritativeIntegrity", "GreedyVerification", "ExhaustiveVerification",
            "MultipleAttestation[Host]", "MultipleAttestationGreedy[Host,Approver]",
        ]
        var invalid = try invoice(signedBy: (creator, .creator), (host, .host))
        invalid.signatures[1].signature = invalid.signatures[0].signature
        for (name, invoice, trusting) in [
            ("nobody", try invoice(), []),
            ("creator", try invoice(signedBy: (creator, .creator)), Set(all[0...3])),
            ("approver", try invoice(signedBy: (approver, .approver)), [all[1], all[3]]),
            ("host", try invoice(signedBy: (host, .host)), [all[3], all[4]]),
            (
                "approver and host", try invoice(signedBy: (approver, .approver), (host, .host)),
                [all[1], all[3], all[4], all[5]]
            ),
            (
                "creator and an unknown proxy", try invoice(signedBy: (creator, .creator), (stranger, .proxy)),
                Set(all[0...2])
            ),
            ("an unknown creator", try invoice(signedBy: (stranger, .creator)), []),
            (
                "an approver and an unknown creator",
                try invoice(signedBy: (approver, .approver), (stranger, .creator)), [all[1]]
            ),
            ("creator, and host wrongly", invalid, [all[0], all[1]]),
        ] as [(String, Invoice, Set<String>)] {
            for name_ in all {
                let strategy = try #require(VerificationStrategy(name_))
                let isTrusted = (try? strategy.verify(invoice, with: keyring)) != nil
                #expect(isTrusted == trusting.contains(name_), "signed by \(name): \(name_)")
            }
        }
    }

    @Test("do not survive a change of what they are of") func doNotSurviveAChangeOfWhatTheyAreOf() throws {
        let signed = try invoice(signedBy: (creator, .creator))
        let strategy = VerificationStrategy.creativeIntegrity
        var changed = signed
        changed.parcels.swapAt(0, 1)
        #expect(throws: VerificationError.self) { try strategy.verify(changed, with: keyring) }
        changed = signed
        changed.bindle.id = try BindleID("app/1.0.1")
        #expect(throws: VerificationError.self) { try strategy.verify(changed, with: keyring) }
        changed = signed
        changed.signatures[0].by = "Somebody else"
        #expect(throws: VerificationError.self) { try strategy.verify(changed, with: keyring) }
        changed = signed
        changed.signatures.append(signed.signatures[0])
        #expect(throws: VerificationError.signedTwice(signed.id, by: creator.label)) {
            try strategy.verify(changed, with: keyring)
        }
    }

    @Test("of a known key count in the roles that it is known for only")
    func ofAKnownKeyCountInTheRolesThatItIsKnownForOnly() throws {
        let keyring = Keyring(entries: [
            KeyringEntry(label: "Host", roles: [.host], key: stranger.privateKey.publicKey, labelSignature: nil)
        ])
        let invoice = try invoice(signedBy: (stranger, .creator))
        #expect(throws: VerificationError.unknownKey(invoice.id, by: "Stranger", .creator)) {
            try VerificationStrategy.creativeIntegrity.verify(invoice, with: keyring)
        }
    }

    @Test(
        "are not verified by a strategy that does not exist",
        arguments: [
            "", "Greedy", "MultipleAttestation", "MultipleAttestation[]", "MultipleAttestation[King]",
            "CreativeIntegrity[Host]", "MultipleAttestation[Host",
        ])
    func areNotVerifiedByAnUnknownStrategy(text: String) {
        #expect(VerificationStrategy(text) == nil)
    }

    @Test(
        "are verified by strategies that are written as they are read",
        arguments: ["GreedyVerification", "MultipleAttestation[Creator,Approver]", "MultipleAttestationGreedy[Host]"])
    func areVerifiedByStrategiesThatAreWrittenAsTheyAreRead(text: String) {
        #expect(VerificationStrategy(text)?.description == text)
        #expect(VerificationStrategy(text.lowercased())?.description == text)
    }
}

@Suite("Key files")
struct KeyFileTests {
    @Test("are written as they are read") func areWrittenAsTheyAreRead() throws {
        let keys = SecretKeys(keys: [SecretKey(label: "Ada \"Countess\"", roles: [.creator, .approver])])
        let read = try SecretKeys(parsing: Array(keys.toml.utf8))
        #expect(read.keys.map(\.label) == ["Ada \"Countess\""])
        #expect(read.keys[0].roles == [.creator, .approver])
        #expect(read.keys[0].privateKey.seed == keys.keys[0].privateKey.seed)
        #expect(read.key(for: .approver)?.label == "Ada \"Countess\"")
        #expect(read.key(for: .host) == nil)
        let keyring = Keyring(entries: [keys.keys[0].keyringEntry])
        #expect(try Keyring(parsing: Array(keyring.toml.utf8)) == keyring)
    }

    @Test(
        "that are wrong are refused",
        arguments: [
            ("version = \"2.0\"", "unsupported version '2.0'"),
            ("version = \"1.0\"\ncolour = 1", "unknown key 'colour'"),
            ("version = \"1.0\"\n[[key]]\nlabel = \"a\"\nroles = [\"king\"]\nkey = \"\"", "32 bytes in base64"),
            (
                "version = \"1.0\"\n[[key]]\nlabel = \"a\"\nroles = []\n"
                    + "key = \"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"",
                "is no Ed25519 public key"
            ),
            (
                "version = \"1.0\"\n[[key]]\nlabel = \"a\"\nroles = [\"king\"]\n"
                    + "key = \"Kcs1TSFDkN+dED0Y6Np0fPBqmvUz0EAULIlUsnlU1sw=\"", "one of creator, proxy, host, approver"
            ),
            (
                "version = \"1.0\"\n[[key]]\nlabel = \"Somebody else\"\nroles = [\"creator\"]\n"
                    + "key = \"Kcs1TSFDkN+dED0Y6Np0fPBqmvUz0EAULIlUsnlU1sw=\"\nlabelSignature = "
                    + "\"zDVdD8J/RiW9pCWyEzEhgSehjnRIQk9kYbn+O79UwEaxFPQ/TP4HlxtojS0idmVbpziqeb9I5Y8kozuA8kbhAQ==\"",
                "the key does not sign its label"
            ),
        ])
    func thatAreWrongAreRefused(text: String, message: String) throws {
        let error = try #require(throws: InvoiceError.self) { try Keyring(parsing: Array(text.utf8)) }
        #expect(error.description.contains(message), "\(error)")
    }

    @Test("are kept for their owner's eyes only, in the client's places")
    func areKeptForTheirOwnersEyesOnlyInTheClientsPlaces() throws {
        let directory = try TemporaryDirectory()
        let storage = KeyStorage(environment: ["HOME": directory.path])
        #expect(storage.secretKeysPath == "\(directory.path)/.config/bindle/secret_keys.toml")
        #expect(storage.keyringPath == "\(directory.path)/.config/bindle/keyring.toml")
        #expect(try storage.secretKeys().keys.isEmpty)
        let key = SecretKey(label: "Ada", roles: [.creator])
        try storage.save(SecretKeys(keys: [key]))
        #expect(try storage.secretKeys().keys.map(\.label) == ["Ada"])
        let attributes = try FileManager.default.attributesOfItem(atPath: storage.secretKeysPath)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let elsewhere = KeyStorage(
            environment: ["HOME": "/home/a", "XDG_CONFIG_HOME": "/c", "BINDLE_KEYRING": "/k.toml"])
        #expect(elsewhere.keyringPath == "/k.toml")
        #expect(elsewhere.secretKeysPath == "/c/bindle/secret_keys.toml")
    }
}

@Suite(
    "The reference implementation's keys", .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.absence)))
struct ReferenceKeyTests {
    private func text(_ path: String) throws -> [UInt8] {
        let directory = try #require(TestData.directory)
        return Array(try Data(contentsOf: directory.appendingPathComponent("bindle/\(path)")))
    }

    @Test("verify its standalone bindle, by every strategy that asks for a creator")
    func verifyItsStandaloneBindleByEveryStrategyThatAsksForACreator() throws {
        let keyring = try Keyring(parsing: text("keyring.toml"))
        let invoice = try Invoice(
            text("standalone/1927aefa8fdc8327499e918300e2e49ecb271321530cc5881fcd069ca8372dcd/invoice.toml"), as: .toml)
        for name in [
            "CreativeIntegrity", "AuthoritativeIntegrity", "GreedyVerification", "ExhaustiveVerification",
            "MultipleAttestation[Creator]",
        ] {
            try #require(VerificationStrategy(name)).verify(invoice, with: keyring)
        }
        #expect(throws: VerificationError.missing(invoice.id, .host)) {
            try VerificationStrategy.multipleAttestationGreedy([.host]).verify(invoice, with: keyring)
        }
    }

    @Test("are pairs of a secret and a public key") func arePairsOfASecretAndAPublicKey() throws {
        let secret = try #require(try SecretKeys(parsing: text("secret_keys.toml")).key(for: .creator))
        let keyring = try Keyring(parsing: text("keyring.toml"))
        #expect(secret.keyringEntry == keyring.entries[0])
    }
}
