import JSON
import YAML

/// The knobs of a policy, which are annotations with the names and the syntax of a hook's fields.
enum HookAnnotations {
    static let prefix = "portcullis.dev/"
    static let groupLabel = "portcullis.dev/group"

    /// Of those that policies have: what they are evaluated by runs in this process, so there is nothing to repeat, to
    /// keep or to queue.
    private static let knobs = ["weight", "mode", "rollout", "budget", "breaker", "criticality", "objective"]
    private static let knobsOfOthers: Set<String> = ["retry", "concurrency", "cache", "runOnError"]

    /// Reads the settings of a policy's metadata. Its failure policy is that of its spec; `others` are read by the policy
    /// itself.
    static func settings(
        _ root: Field, _ failurePolicy: FailurePolicy, _ errors: FieldErrors, besides others: Set<String> = []
    ) -> HookSettings {
        var settings = HookSettings()
        settings.failurePolicy = failurePolicy == .fail ? .fail : .ignore
        settings.group = group(root, errors)
        each(root) { knob, value, place in
            if others.contains(knob) { return }
            guard knobs.contains(knob) else { return errors.add(complaint(knob), place) }
            let found = FieldErrors()
            guard let document = parsed(value, place, errors) else { return }
            _ = document.withRoot { settings.read(knob, Field(root: $0), found) }
            for entry in found.entries {
                let inner = entry.path.isEmpty ? "" : ".\(entry.path)"
                errors.add(entry.message, at: place.anchor, path: place.path + inner)
            }
        }
        return settings
    }

    /// The label that tells to which paths of the endpoints a hook belongs; empty for none.
    static func group(_ root: Field, _ errors: FieldErrors) -> String {
        root["metadata"]["labels"].node?[groupLabel]?.string ?? ""
    }

    /// Refuses knobs where they would do nothing.
    static func refuse(_ root: Field, _ errors: FieldErrors) {
        each(root) { knob, _, place in errors.forbidden(place, "\(prefix)\(knob) belongs on the policy") }
    }

    private static func each(_ root: Field, _ body: (String, String, Field) -> Void) {
        let annotations = root["metadata"]["annotations"]
        for (key, value) in annotations.table(FieldErrors()) where key.hasPrefix(prefix) {
            let place = annotations[key].renamed("\(annotations.path)[\(key)]")
            body(String(key.dropFirst(prefix.count)), value, place)
        }
    }

    private static func complaint(_ knob: String) -> String {
        if knob == "failurePolicy" { return "Forbidden: a policy says so in spec.failurePolicy" }
        if knob == "group" { return "Forbidden: the group is a label, \(groupLabel)" }
        if knobsOfOthers.contains(knob) { return "Forbidden: it is for hooks that ask somebody outside of the server" }
        let known = knobs.map { "\(prefix)\($0)" }.joined(separator: ", ")
        return "unknown annotation of \(prefix); there are \(known)"
    }

    private static func parsed(_ value: String, _ place: Field, _ errors: FieldErrors) -> JSONDocument? {
        do throws(YAMLError) {
            return try YAMLDocument(parsing: Array(value.utf8), options: YAMLOptions(schema: .kubernetes)).json
        } catch {
            errors.invalid(place, value, "is not YAML: \(error.message)")
            return nil
        }
    }
}
