package import WebAssembly

/// A `.wast` script: the modules and assertions of the specification's test suite.
///
/// A text that is no script but just a module, or the fields of one, reads as a script of that one module.
package struct Script: Sendable {
    package let commands: [Command]

    /// Reads a script in UTF-8. Modules in it are not assembled yet; see ``ScriptModule/assemble()``.
    package init(_ text: [UInt8]) throws(TextFormatError) {
        do throws(SyntaxError) {
            var parser = ScriptParser(try Lexer.tokenize(text), text)
            commands = try parser.parse()
        } catch {
            throw error.located(in: text)
        }
    }

    package init(_ text: String) throws(TextFormatError) {
        try self.init(Array(text.utf8))
    }

    /// One command, and where it stands.
    package struct Command: Sendable {
        /// Counted from 1.
        package let line: Int
        package let kind: Kind
    }

    package enum Kind: Sendable {
        /// `(module …)`: define and instantiate.
        case module(ScriptModule)
        /// `(module definition …)`: define only.
        case definition(ScriptModule)
        /// `(module instance $instance $module)`; without names, the latest definition.
        case instance(name: String?, module: String?)
        /// `(register "name" $instance)`; without a name, the latest instance.
        case register(as: String, instance: String?)
        case action(ScriptAction)
        /// The action returns these values.
        case assertReturn(ScriptAction, [ResultPattern])
        /// The action traps.
        case assertTrap(ScriptAction, message: String)
        /// Instantiation traps.
        case assertInstantiationTrap(ScriptModule, message: String)
        /// The action runs out of a resource.
        case assertExhaustion(ScriptAction, message: String)
        /// The action throws an exception that nothing catches.
        case assertException(ScriptAction)
        /// The module does not parse or decode. With `custom`, only for its custom sections or annotations.
        case assertMalformed(ScriptModule, message: String, custom: Bool)
        /// The module does not validate. With `custom`, only for its custom sections or annotations.
        case assertInvalid(ScriptModule, message: String, custom: Bool)
        /// The module's imports cannot be met.
        case assertUnlinkable(ScriptModule, message: String)
    }
}

/// A module in a script.
package struct ScriptModule: Sendable {
    package enum Form: Sendable { case text, binary, quote }

    /// The identifier by which later commands refer to it.
    package let name: String?
    package let form: Form
    private let module: ModuleText
    private let source: TokenizedSource
    private let text: [UInt8]

    init(_ module: ModuleText, name: String?, source: TokenizedSource, text: [UInt8]) {
        self.module = module
        self.name = name
        self.source = source
        self.text = text
        form =
            switch module.form {
            case .fields: .text
            case .binary: .binary
            case .quote: .quote
            }
    }

    /// The module in the binary format; see ``assemble(_:features:)-([UInt8],_)``. The lines of an error in a quoted
    /// module are those of the quoted text.
    package func assemble(features: Features = .all) throws(TextFormatError) -> [UInt8] {
        do throws(SyntaxError) {
            return try module.assemble(source, features: features)
        } catch {
            if case .quote(let quoted) = module.form { throw error.located(in: quoted) }
            throw error.located(in: text)
        }
    }
}

/// Something a script does with an instance; without a name, with the latest one.
package enum ScriptAction: Sendable {
    case invoke(instance: String?, function: String, arguments: [ScriptValue])
    case get(instance: String?, global: String)
}

/// A value that a script passes.
package enum ScriptValue: Hashable, Sendable {
    case i32(UInt32)
    case i64(UInt64)
    /// The bits of the number.
    case f32(UInt32)
    /// The bits of the number.
    case f64(UInt64)
    case v128(VectorLiteral)
    /// A null of the hierarchy that the heap type, given by its keyword, belongs to.
    case nullReference(heapType: String)
    /// A reference from outside, told apart by its number: of type `externref`.
    case externalReference(UInt32)
    /// The same as seen from inside: of type `anyref`.
    case hostReference(UInt32)
}

/// What a script expects of a result.
package enum ResultPattern: Hashable, Sendable {
    case value(ScriptValue)
    case f32(NaNPattern)
    case f64(NaNPattern)
    /// A vector with NaN patterns among its lanes.
    case v128(VectorShape, [LanePattern])
    /// Any null.
    case nullReference
    /// Any reference of the kind that is not null.
    case reference(ReferenceKind)
    /// One of several.
    case either([ResultPattern])

    package enum NaNPattern: Hashable, Sendable {
        /// Only the topmost bit of the payload is set.
        case canonical
        /// The topmost bit of the payload is set.
        case arithmetic
    }

    package enum LanePattern: Hashable, Sendable {
        /// The lane's bits.
        case bits(UInt64)
        case nan(NaNPattern)
    }

    package enum ReferenceKind: Hashable, Sendable {
        case function, external, any, equatable, i31, structure, array, exception
    }
}
