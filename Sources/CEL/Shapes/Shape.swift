/// How a value of a document is to be read: what a schema says that it is.
public struct Shape: Sendable {
    /// What the value is.
    public enum Form: Sendable {
        /// Anything; it is kept as it is, and equal only to what is exactly the same.
        case preserved
        /// A string or an integer.
        case intOrString
        /// An object with named properties, each of the shape at a place in the table; others are there but unseen.
        case object([(name: String, shape: Int)])
        /// An object with any properties, all of one shape.
        case map(of: Int)
        /// An object of which nothing is seen but how many properties it has.
        case closed
        /// A list.
        case list(of: Int)
        /// A list that is equal to another with the same elements in any order.
        case set(of: Int)
        /// A list of objects that these properties tell apart, in any order.
        case keyedList(of: Int, keys: [String])
        /// Text.
        case string
        /// Text that is a length of time.
        case duration
        /// Text that is a day.
        case date
        /// Text that is a point in time.
        case dateTime
        /// Text that is base64.
        case bytes
        /// A number, which is a double however it is written.
        case number
        /// A whole number.
        case integer
        /// A truth value.
        case bool
        /// Nothing can be read; the sentence says why.
        case unreadable(String)
    }

    /// What the value is.
    public var form: Form
    /// Whether it may also be null.
    public var isNullable: Bool

    /// A shape.
    public init(_ form: Form, isNullable: Bool = false) {
        self.form = form
        self.isNullable = isNullable
    }
}

/// Shapes that refer to each other by their places, as the run loop reads them.
///
/// A value that was read by a shape points here without counting: keep the table for as long as its values are used.
@safe public final class ShapeTable: @unchecked Sendable {
    let header: UnsafeMutablePointer<ShapeHeader>
    /// How many shapes there are.
    public let count: Int
    private let memory = ConstantMemory()

    /// A table of shapes; a place that is not in it is a shape that cannot be read.
    public init(_ shapes: [Shape]) {
        count = shapes.count
        unsafe header = .allocate(capacity: 1)
        var entries: [ShapeEntry] = []
        var fields: [ShapeField] = []
        var keys: [ByteView] = []
        for shape in shapes {
            entries.append(Self.entry(shape, &fields, &keys, memory))
        }
        unsafe header.initialize(
            to: ShapeHeader(
                entries: Self.table(entries), count: entries.count, fields: Self.table(fields),
                keys: Self.table(keys)))
    }

    deinit {
        unsafe header.pointee.entries.deallocate()
        unsafe header.pointee.fields.deallocate()
        unsafe header.pointee.keys.deallocate()
        unsafe header.deallocate()
    }

    private static func entry(
        _ shape: Shape, _ fields: inout [ShapeField], _ keys: inout [ByteView], _ memory: ConstantMemory
    ) -> ShapeEntry {
        var entry = ShapeEntry(kind: .preserved, isNullable: shape.isNullable)
        switch shape.form {
        case .preserved: entry.kind = .preserved
        case .intOrString: entry.kind = .intOrString
        case .object(let properties):
            entry.kind = .object
            entry.first = UInt32(fields.count)
            entry.count = UInt32(properties.count)
            let named = properties.map { ShapeField(name: memory.text($0.name), shape: place($0.shape)) }
            fields += named.sorted { $0.name.order($1.name) < 0 }
        case .map(let element): (entry.kind, entry.element) = (.map, place(element))
        case .closed: entry.kind = .closed
        case .list(let element): (entry.kind, entry.element) = (.list, place(element))
        case .set(let element): (entry.kind, entry.element) = (.set, place(element))
        case .keyedList(let element, let names):
            (entry.kind, entry.element) = (.keyedList, place(element))
            entry.first = UInt32(keys.count)
            entry.count = UInt32(names.count)
            keys += names.map { memory.text($0) }
        case .string: entry.kind = .string
        case .duration: entry.kind = .duration
        case .date: entry.kind = .date
        case .dateTime: entry.kind = .dateTime
        case .bytes: entry.kind = .bytes
        case .number: entry.kind = .number
        case .integer: entry.kind = .integer
        case .bool: entry.kind = .bool
        case .unreadable(let reason):
            entry.kind = .unreadable
            entry.reason = memory.text(reason)
        }
        return entry
    }

    private static func place(_ index: Int) -> UInt32 { UInt32(exactly: index) ?? .max }

    @unsafe private static func table<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
        unsafe memory.initialize(from: elements, count: elements.count)
        return unsafe memory
    }
}

extension ConstantMemory {
    /// The bytes of a text, for as long as this memory is.
    func text(_ text: String) -> ByteView { evaluator.string(text).bytes }
}

/// One shape as the run loop reads it.
struct ShapeEntry: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
        case preserved, intOrString, object, map, closed, list, set, keyedList
        case string, duration, date, dateTime, bytes, number, integer, bool, unreadable
    }

    var kind: Kind
    var isNullable: Bool
    /// The shape of elements or of all properties.
    var element: UInt32 = .max
    /// Where an object's fields or a list's keys begin, and how many there are.
    var first: UInt32 = 0
    var count: UInt32 = 0
    var reason: ByteView = .empty
}

struct ShapeField: BitwiseCopyable {
    let name: ByteView
    let shape: UInt32
}

@safe struct ShapeHeader: BitwiseCopyable {
    let entries: UnsafeMutablePointer<ShapeEntry>
    let count: Int
    let fields: UnsafeMutablePointer<ShapeField>
    let keys: UnsafeMutablePointer<ByteView>
}

/// One shape of a table.
@safe struct ShapeReference: BitwiseCopyable {
    let header: UnsafePointer<ShapeHeader>
    let place: UInt32

    private static let missing = ShapeEntry(kind: .unreadable, isNullable: false)

    var entry: ShapeEntry {
        guard Int(place) < (unsafe header.pointee.count) else { return Self.missing }
        return unsafe header.pointee.entries[Int(place)]
    }

    /// The shape of the elements, or of all properties.
    var element: ShapeReference { unsafe ShapeReference(header: header, place: entry.element) }

    /// The names of the properties that tell a list's elements apart.
    func key(_ index: Int) -> ByteView { unsafe header.pointee.keys[Int(entry.first) + index] }

    /// The shape of a property; nil where the object has none of that name.
    func field(_ name: ByteView) -> ShapeReference? {
        let entry = entry
        switch entry.kind {
        case .map: return element
        case .object: break
        default: return nil
        }
        var low = Int(entry.first)
        var high = low + Int(entry.count)
        while low < high {
            let middle = (low + high) / 2
            let field = unsafe header.pointee.fields[middle]
            let order = field.name.order(name)
            if order == 0 { return unsafe ShapeReference(header: header, place: field.shape) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
