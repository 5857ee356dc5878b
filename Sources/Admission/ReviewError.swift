public import JSON

/// Why a body is not a review that can be answered: 400, with this as the message.
public enum ReviewError: Error, Equatable, Sendable {
    /// The body is empty.
    case empty
    /// The body is not JSON, or beyond the bounds of what is read.
    case json(JSONError)
    /// The body is JSON but not an object.
    case notAnObject
    /// `kind` is not `AdmissionReview`.
    case kind
    /// `apiVersion` is not one that is understood.
    case version
    /// There is no `request`: this may be an answer, not a question.
    case requestMissing
    /// A field that no review can do without is absent, null or empty.
    case missing(Field)
    /// A field has a value of a type that it cannot have.
    case type(Field)
    /// `request.operation` is none that is understood.
    case operation
    /// The `timeout` of the query is not a duration above zero.
    case timeout
    /// The Content-Type is not JSON.
    case mediaType

    /// The fields that can be wrong.
    public enum Field: UInt8, Sendable, CaseIterable {
        /// The fields of a request, by their names in the API.
        case request, uid, kind, resource, subResource, requestKind, requestResource, requestSubResource, name
        /// More of them.
        case namespace, operation, userInfo, object, oldObject, dryRun, options
    }
}

extension ReviewError.Field {
    /// Where the field is in the review.
    public var path: StaticString {
        switch self {
        case .request: "request"
        case .uid: "request.uid"
        case .kind: "request.kind"
        case .resource: "request.resource"
        case .subResource: "request.subResource"
        case .requestKind: "request.requestKind"
        case .requestResource: "request.requestResource"
        case .requestSubResource: "request.requestSubResource"
        case .name: "request.name"
        case .namespace: "request.namespace"
        case .operation: "request.operation"
        case .userInfo: "request.userInfo"
        case .object: "request.object"
        case .oldObject: "request.oldObject"
        case .dryRun: "request.dryRun"
        case .options: "request.options"
        }
    }

    /// What the field's value must be.
    var type: StaticString {
        switch self {
        case .request, .object, .oldObject, .options: "an object"
        case .kind, .requestKind: "an object of the strings group, version and kind"
        case .resource, .requestResource: "an object of the strings group, version and resource"
        case .userInfo: "an object of username, uid, groups and extra"
        case .dryRun: "true or false"
        default: "a string"
        }
    }
}

extension ReviewError: CustomStringConvertible {
    /// What is wrong, in a sentence for the sender.
    public var description: String {
        switch self {
        case .empty: "the body is empty; expected an AdmissionReview"
        case .json(let error): "the body is not acceptable JSON: \(error)"
        case .notAnObject: "the body is not an AdmissionReview: expected a JSON object"
        case .kind: "the body's kind is not AdmissionReview"
        case .version: "the body's apiVersion is neither admission.k8s.io/v1 nor admission.k8s.io/v1beta1"
        case .requestMissing: "the AdmissionReview has no request"
        case .missing(let field): "the AdmissionReview has no \(field.path), or an empty one"
        case .type(let field): "the AdmissionReview's \(field.path) must be \(field.type)"
        case .operation: "the AdmissionReview's request.operation must be CREATE, UPDATE, DELETE or CONNECT"
        case .timeout: "the query's timeout must be a duration above zero, such as 5s"
        case .mediaType: "the Content-Type must be application/json"
        }
    }
}
