/// Holds a value against its schema, as the API server does before it merges.
struct MergeValidation {
    /// Whether several elements of a list may have the same keys, as those of a stored object may.
    let allowsDuplicates: Bool

    private static let depthMax = 512

    /// Everything that is wrong with a value.
    func problems(of value: MergeValue, _ type: MergeType) -> MergeErrors { check(value, type, Self.depthMax) }

    private func check(_ value: MergeValue, _ type: MergeType, _ depthLeft: Int) -> MergeErrors {
        guard depthLeft > 0 else { return MergeErrors("nested too deeply") }
        // The form of the value decides where the schema leaves a choice; a value of no form gets the first it names.
        switch value.form {
        case .bool, .number, .string:
            if let scalar = type.scalar { return check(value, as: scalar) }
        case .list: if let list = type.list { return checkElements(value, list, depthLeft) }
        case .map: if type.allowsMap { return checkMembers(value, type, depthLeft) }
        case .null: return MergeErrors()
        case .foreign: break
        }
        if type.allowsMap { return MergeErrors("expected map, got &{\(value.goText)}") }
        if let scalar = type.scalar { return check(value, as: scalar) }
        return MergeErrors("expected list, got &{\(value.goText)}")
    }

    private func check(_ value: MergeValue, as scalar: MergeType.ScalarForm) -> MergeErrors {
        switch (scalar, value.form) {
        case (_, .null), (.number, .number), (.string, .string), (.bool, .bool): MergeErrors()
        case (.any, .number), (.any, .string), (.any, .bool): MergeErrors()
        case (.number, _): MergeErrors("expected numeric (int or float), got \(value.goTypeName)")
        case (.string, _): MergeErrors("expected string, got &value.valueUnstructured{Value:\(value.goSource)}")
        case (.bool, _): MergeErrors("expected boolean, got &{\(value.goText)}")
        case (.any, _): MergeErrors("expected any scalar, got &{\(value.goText)}")
        }
    }

    private func checkElements(_ value: MergeValue, _ list: MergeType.ListForm, _ depthLeft: Int) -> MergeErrors {
        var errors = MergeErrors()
        var seen: Set<[UInt8]> = []
        for (index, element) in value.elements.enumerated() {
            var step = "[\(index)]"
            if list.relation == .separate {
                do throws(MergeErrors) {
                    step = try ListStep.step(to: element, in: list)
                } catch {
                    errors.add(MergeErrors("element \(index): \(error.description)"))
                    return errors
                }
                if !seen.insert(Array(step.utf8)).inserted, !allowsDuplicates {
                    errors.add(MergeErrors("duplicate entries for key \(step)"))
                }
            }
            errors.add(check(element, list.element, depthLeft - 1).within(step))
        }
        return errors
    }

    private func checkMembers(_ value: MergeValue, _ type: MergeType, _ depthLeft: Int) -> MergeErrors {
        var errors = MergeErrors()
        for member in value.members {
            guard let field = type.namedField(member.name) ?? type.otherField else {
                errors.add(MergeErrors("field not declared in schema").within(".\(member.name)"))
                return errors
            }
            errors.add(check(member.value, field, depthLeft - 1).within(".\(member.name)"))
        }
        return errors
    }
}

/// Finds what of a patch would replace lists and maps that can only be replaced as a whole.
enum AtomicFields {
    private static let depthMax = 512

    /// The paths of all such lists and maps.
    static func paths(in value: MergeValue, _ type: MergeType) -> [String] {
        var found: [String] = []
        collect(value, type, "", depthMax, &found)
        return found
    }

    private static func collect(
        _ value: MergeValue, _ type: MergeType, _ path: String, _ depthLeft: Int, _ found: inout [String]
    ) {
        guard depthLeft > 0 else { return }
        if value.form == .map, type.allowsMap {
            if type.mapRelation == .atomic { found.append(path) }
            for member in value.members {
                guard let field = type.namedField(member.name) else { continue }
                collect(member.value, field, "\(path).\(member.name)", depthLeft - 1, &found)
            }
        } else if value.form == .list, let list = type.list {
            if list.relation == .atomic { found.append(path) }
            for (index, element) in value.elements.enumerated() {
                collect(element, list.element, "\(path)[\(index)]", depthLeft - 1, &found)
            }
        }
    }
}
