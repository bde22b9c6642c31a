import WebAssemblyRuntime

// What the host gives to the outermost component.

extension ComponentLinking {
    /// What an import of the outermost component is given. What is missing becomes a problem, and something that stands
    /// for it, so that all problems are found.
    mutating func hostItem(
        for declaration: ImportDeclaration, in scope: LinkScope
    ) throws(LinkingEnd) -> LinkedItem {
        let name = declaration.name.name
        switch declaration.type {
        case .instance(let index):
            guard case .instance(let declarations, let outer) = scope.types[Int(index)] else {
                preconditionFailure("a valid component imports instances of instance types")
            }
            return .instance(try hostInstance(declaration.name, declarations, outer: outer))
        case .function(let index):
            problems.append(ComponentLinkError.Problem(interface: name, member: nil, reason: .unknownInterface))
            return .function(.missing(name: name, functionType(index, in: scope)))
        case .equalType(let index):
            return .type(scope.types[Int(index)])
        case .resourceType:
            notProvidable(name, "a resource type by itself")
            return .type(.resource(missingResource(name)))
        case .component:
            notProvidable(name, "a component")
            throw LinkingEnd()
        case .coreModule:
            notProvidable(name, "a core module")
            throw LinkingEnd()
        }
    }

    private mutating func notProvidable(_ name: String, _ what: String) {
        problems.append(ComponentLinkError.Problem(interface: name, member: nil, reason: .notProvidable(what)))
    }

    private func functionType(_ index: UInt32, in scope: LinkScope) -> FunctionType {
        guard case .function(let type) = scope.types[Int(index)] else {
            preconditionFailure("a valid component has functions of function types")
        }
        return type
    }

    private func missingResource(_ name: String) -> ResourceType {
        ResourceType(name) { _, _ in throw Trap.missing(name) }
    }

    /// An instance of the host's, as the component's type of it wants it.
    private mutating func hostInstance(
        _ name: ExternalName, _ declarations: [TypeDeclaration], outer: LinkScope
    ) throws(LinkingEnd) -> LinkedInstance {
        // An instance under a name of the component's own says what it is.
        let wanted = InterfaceName(name.implements ?? name.name)
        let interface = linker.interface(wanted)
        if interface == nil {
            problems.append(
                ComponentLinkError.Problem(
                    interface: name.name, member: nil,
                    reason: linker.versions(of: wanted).map { .incompatibleVersion(provided: $0) }
                        ?? .unknownInterface))
        }
        let instance = LinkedInstance()
        let local = LinkScope(outer: outer)
        for declaration in declarations {
            switch declaration {
            case .coreType: break
            case .type(let definition): local.types.append(type(definition, in: local))
            case .alias(.outer(.coreType, _, _)): break
            case .alias(.outer(let sort, let count, let index)):
                local.add(local.enclosing(count).item(SortIndex(sort, index)))
            case .alias(.export(_, let index, let member)):
                guard let item = local.instances[Int(index)][member] else {
                    preconditionFailure("a valid type takes from instances what they export")
                }
                local.add(item)
            case .alias(.coreExport), .import:
                preconditionFailure("a valid instance type has neither core aliases nor imports")
            case .export(let member, let type):
                let item = try hostMember(member.name, type, of: interface, named: name.name, in: local)
                local.add(item)
                instance.add(member.name, item)
            }
        }
        return instance
    }

    /// A function or type of one of the host's instances.
    private mutating func hostMember(
        _ member: String, _ type: ExternalTypeDefinition, of interface: HostInterface?, named name: String,
        in scope: LinkScope
    ) throws(LinkingEnd) -> LinkedItem {
        func problem(_ reason: ComponentLinkError.Problem.Reason) -> ComponentLinkError.Problem {
            ComponentLinkError.Problem(interface: name, member: member, reason: reason)
        }
        switch type {
        case .function(let index):
            let wanted = functionType(index, in: scope)
            let stub = LinkedItem.function(.missing(name: "\(name) \(member)", wanted))
            guard let interface else { return stub }
            guard let function = interface.functions[member] else {
                problems.append(problem(.unknownMember))
                return stub
            }
            guard function.type.isEqual(to: wanted) else {
                problems.append(
                    problem(.incompatible(wanted: "\(wanted)", provided: "\(function.type)")))
                return stub
            }
            calledInterfaces.insert(interface.name)
            return .function(.host(function))
        case .equalType(let index):
            return .type(scope.types[Int(index)])
        case .resourceType:
            if let resource = interface?.resources[member] { return .type(.resource(resource)) }
            if interface != nil { problems.append(problem(.unknownMember)) }
            return .type(.resource(missingResource("\(name) \(member)")))
        case .instance(let index):
            guard case .instance(let declarations, let outer) = scope.types[Int(index)] else {
                preconditionFailure("a valid component has instances of instance types")
            }
            return .instance(try hostInstance(ExternalName("\(name) \(member)"), declarations, outer: outer))
        case .component:
            notProvidable("\(name) \(member)", "a component")
            throw LinkingEnd()
        case .coreModule:
            notProvidable("\(name) \(member)", "a core module")
            throw LinkingEnd()
        }
    }
}
